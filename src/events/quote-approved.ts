import { z } from 'zod';
import { defineEvent } from './contract/event.ts';
import { money } from './fields.ts';

/** The customer accepted a quote. */
export const quoteApproved = defineEvent({
  type: 'QuoteApproved', // lives in tables and queues: never rename
  version: 1,
  payload: z.object({
    quoteId: z.uuid(),
    ticketId: z.uuid(),
    customerUserId: z.uuid(),
    tenantOwnerUserId: z.uuid(),
    assigneeUserId: z.uuid().optional(),
    tenantName: z.string(),
    subject: z.string(),
    total: money,
  }),
});
