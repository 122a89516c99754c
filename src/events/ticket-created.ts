import { z } from 'zod';
import { defineEvent } from './contract/event.ts';

/** A customer asked a tenant for a service. */
export const ticketCreated = defineEvent({
  type: 'TicketCreated', // lives in tables and queues: never rename
  version: 1,
  payload: z.object({
    ticketId: z.uuid(),
    customerUserId: z.uuid(),
    tenantOwnerUserId: z.uuid(),
    tenantName: z.string(),
    subject: z.string(),
  }),
});
