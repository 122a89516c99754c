import { z } from 'zod';
import { defineEvent } from './contract/event.ts';
import { instant } from './fields.ts';

/** A visit was agreed upon, or moved to another time. */
export const appointmentScheduled = defineEvent({
  type: 'AppointmentScheduled', // lives in tables and queues: never rename
  version: 1,
  payload: z.object({
    appointmentId: z.uuid(),
    ticketId: z.uuid(),
    customerUserId: z.uuid(),
    tenantOwnerUserId: z.uuid().optional(),
    assigneeUserId: z.uuid().optional(),
    tenantName: z.string(),
    subject: z.string(),
    startsAt: instant,
    previousStartsAt: instant.nullable(),
  }),
});
