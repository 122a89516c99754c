import { z } from 'zod';
import { defineEvent } from './contract/event.ts';

/** A tenant moved a lead along. The first response is told once, with the step that was it. */
export const leadStatusChanged = defineEvent({
  type: 'LeadStatusChanged', // lives in tables and queues: never rename
  version: 1,
  payload: z.object({
    leadId: z.uuid(),
    tenantId: z.uuid(),
    from: z.enum(['new', 'contacted', 'qualified', 'won', 'lost']),
    to: z.enum(['new', 'contacted', 'qualified', 'won', 'lost']),
    firstResponseSeconds: z.int().nonnegative().nullable(),
  }),
});
