import { z } from 'zod';
import { defineEvent } from './contract/event.ts';
import { instant } from './fields.ts';

/** A ticket has come to its end. */
export const ticketClosed = defineEvent({
  type: 'TicketClosed', // lives in tables and queues: never rename
  version: 1,
  payload: z.object({
    ticketId: z.uuid(),
    customerUserId: z.uuid(),
    assigneeUserId: z.uuid().nullable(),
    outcome: z.enum(['completed', 'declined', 'cancelled']),
    openedAt: instant,
  }),
});
