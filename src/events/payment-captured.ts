import { z } from 'zod';
import { defineEvent } from './contract/event.ts';
import { money } from './fields.ts';

/** A provider collected a tenant's payment. Two events may tell of one payment; its id is the provider's and ours. */
export const paymentCaptured = defineEvent({
  type: 'PaymentCaptured', // lives in tables and queues: never rename
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
    instrumentHash: z.string().nullable(),
  }),
});
