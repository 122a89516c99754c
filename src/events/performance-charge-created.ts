import { z } from 'zod';
import { defineEvent } from './contract/event.ts';
import { money } from './fields.ts';

/** A tenant owes for a result, by the price list. */
export const performanceChargeCreated = defineEvent({
  type: 'PerformanceChargeCreated', // lives in tables and queues: never rename
  version: 1,
  payload: z.object({
    chargeId: z.uuid(),
    tenantId: z.uuid(),
    kind: z.enum(['qualified-lead', 'whatsapp-click', 'closed-ticket']),
    sourceId: z.uuid(),
    amount: money,
  }),
});
