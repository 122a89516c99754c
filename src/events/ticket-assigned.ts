import { z } from 'zod';
import { defineEvent } from './contract/event.ts';

/** A ticket has somebody who answers for it. */
export const ticketAssigned = defineEvent({
  type: 'TicketAssigned', // lives in tables and queues: never rename
  version: 1,
  payload: z.object({
    ticketId: z.uuid(),
    customerUserId: z.uuid(),
    assigneeUserId: z.uuid(),
    tenantName: z.string(),
    subject: z.string(),
  }),
});
