import { z } from 'zod';
import { defineEvent } from './contract/event.ts';
import { money } from './fields.ts';

/** A dispute was decided: won is for the marketplace, lost is for the tenant. */
export const disputeResolved = defineEvent({
  type: 'DisputeResolved', // lives in tables and queues: never rename
  version: 1,
  payload: z.object({
    disputeId: z.uuid(),
    tenantId: z.uuid(),
    chargeId: z.uuid().nullable(),
    paymentId: z.uuid().nullable(),
    amount: money,
    outcome: z.enum(['won', 'lost']),
  }),
});
