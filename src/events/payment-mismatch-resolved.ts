import { z } from 'zod';
import { defineEvent } from './contract/event.ts';

/** Our payments and what a provider reports agree again, or an operator has settled why they do not. */
export const paymentMismatchResolved = defineEvent({
  type: 'PaymentMismatchResolved', // lives in tables and queues: never rename
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
