import { z } from 'zod';
import { defineEvent } from './contract/event.ts';
import { money } from './fields.ts';

/** A tenant contests a performance charge or a payment. */
export const chargeDisputed = defineEvent({
  type: 'ChargeDisputed', // lives in tables and queues: never rename
  version: 1,
  payload: z.object({
    disputeId: z.uuid(),
    tenantId: z.uuid(),
    chargeId: z.uuid().nullable(),
    paymentId: z.uuid().nullable(),
    amount: money,
    reason: z.string(),
  }),
});
