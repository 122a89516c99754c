import { z } from 'zod';
import { defineEvent } from './contract/event.ts';
import { money } from './fields.ts';

/** An ambassador earned from a payment, or gave back: a counter-entry is negative. */
export const commissionCalculated = defineEvent({
  type: 'CommissionCalculated', // lives in tables and queues: never rename
  version: 1,
  payload: z.object({
    commissionId: z.uuid(),
    tenantId: z.uuid(),
    ambassadorUserId: z.uuid(),
    paymentId: z.uuid(),
    kind: z.string(),
    amount: money,
  }),
});
