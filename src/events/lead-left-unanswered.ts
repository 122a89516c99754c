import { z } from 'zod';
import { defineEvent } from './contract/event.ts';
import { instant } from './fields.ts';

/** A lead has waited for a first response beyond a step of the policy. */
export const leadLeftUnanswered = defineEvent({
  type: 'LeadLeftUnanswered', // lives in tables and queues: never rename
  version: 1,
  payload: z.object({
    leadId: z.uuid(),
    tenantId: z.uuid(),
    tenantOwnerUserId: z.uuid(),
    tenantName: z.string(),
    step: z.int().positive(),
    waitingSince: instant,
  }),
});
