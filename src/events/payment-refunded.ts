import { z } from 'zod';
import { defineEvent } from './contract/event.ts';
import { money } from './fields.ts';

/** A provider gave a payment back, or a part of it. */
export const paymentRefunded = defineEvent({
  type: 'PaymentRefunded', // lives in tables and queues: never rename
  version: 1,
  payload: z.object({
    refundId: z.uuid(),
    paymentId: z.uuid(),
    tenantId: z.uuid(),
    amount: money,
    providerRefundId: z.string(),
  }),
});
