import { z } from 'zod';
import { defineEvent } from './contract/event.ts';
import { money } from './fields.ts';

/** A provider could not collect a tenant's payment. */
export const paymentFailed = defineEvent({
  type: 'PaymentFailed', // lives in tables and queues: never rename
  version: 1,
  payload: z.object({
    paymentId: z.uuid(),
    tenantId: z.uuid(),
    tenantOwnerUserId: z.uuid(),
    tenantName: z.string(),
    subscriptionId: z.uuid().nullable(),
    amount: money,
    provider: z.string(),
    providerPaymentId: z.string(),
    reason: z.string(),
  }),
});
