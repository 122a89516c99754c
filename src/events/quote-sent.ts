import { z } from 'zod';
import { defineEvent } from './contract/event.ts';
import { instant, money } from './fields.ts';

/** A tenant said what a ticket will cost, and until when that holds. */
export const quoteSent = defineEvent({
  type: 'QuoteSent', // lives in tables and queues: never rename
  version: 1,
  payload: z.object({
    quoteId: z.uuid(),
    ticketId: z.uuid(),
    customerUserId: z.uuid(),
    tenantName: z.string(),
    subject: z.string(),
    total: money,
    validUntil: instant,
  }),
});
