import { createHash } from 'node:crypto';
import { DELIVERY_ID_LIMIT } from './document-store.ts';
import type { DocumentStore, Standing, WebhookDelivery, WebhookOutcome } from './document-store.ts';

/** What tells two bodies of one delivery id apart, in hex. */
export function bodyHash(rawBody: Uint8Array): string {
  return createHash('sha256').update(rawBody).digest('hex');
}

/**
 * Stores a delivery by its standing. `insert` is the guard: it answers false when the same standing is taken, for
 * `first` by any body and for the others by this one.
 */
export async function recordWebhook(
  delivery: WebhookDelivery,
  { insert, webhook }: Pick<DocumentStore, 'webhook'> & {
    insert(delivery: WebhookDelivery, standing: Standing): Promise<boolean>;
  },
): Promise<WebhookOutcome> {
  if (delivery.deliveryId.length > DELIVERY_ID_LIMIT) throw new RangeError('a delivery id is too long');
  if (delivery.verdict !== 'valid') {
    await insert(delivery, 'refused');
    return 'refused';
  }
  if (await insert(delivery, 'first')) return 'stored';
  const first = await webhook(delivery.provider, delivery.deliveryId);
  if (first !== undefined && bodyHash(first.rawBody) === bodyHash(delivery.rawBody)) return 'replay';
  await insert(delivery, 'conflict');
  return 'conflict';
}
