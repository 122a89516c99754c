import { z } from 'zod';
import { defineEvent } from './contract/event.ts';

/** Our payments and what a provider reports do not agree. */
export const paymentMismatchFound = defineEvent({
  type: 'PaymentMismatchFound', // lives in tables and queues: never rename
  version: 1,
  payload: z.object({
    mismatchId: z.uuid(),
    provider: z.string(),
    providerPaymentId: z.string(),
    kind: z.enum([
      'missing-here', 'missing-there', 'amount-differs', 'currency-differs', 'duplicate', 'owner-differs', 'refund-differs', 'unreadable',
    ]),
  }),
});
