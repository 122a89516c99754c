import { v5 as uuidv5, version } from 'uuid';
import type { WebhookDelivery } from '../../documents/document-store.ts';

const NAMESPACE = 'd2f6c1b4-4f0e-4c55-9d0a-6a3b7f1e8c20'; // in ids of events' requests: never change

/** The id shared by everything that a webhook's delivery sets off, however often it comes: so it can be found again. */
export const correlationOfWebhook = ({ provider, deliveryId }: Pick<WebhookDelivery, 'provider' | 'deliveryId'>): string =>
  uuidv5(`${provider} ${deliveryId}`, NAMESPACE);

/** Whether the id is a webhook's; those of other requests are version 7. */
export const isOfWebhook = (correlationId: string): boolean => version(correlationId) === 5;
