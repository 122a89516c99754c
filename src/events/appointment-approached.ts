import { z } from 'zod';
import { defineEvent } from './contract/event.ts';
import { instant } from './fields.ts';

/** A visit is near enough to remind of it. */
export const appointmentApproached = defineEvent({
  type: 'AppointmentApproached', // lives in tables and queues: never rename
  version: 1,
  payload: z.object({
    appointmentId: z.uuid(),
    ticketId: z.uuid(),
    customerUserId: z.uuid(),
    assigneeUserId: z.uuid().optional(),
    tenantName: z.string(),
    subject: z.string(),
    startsAt: instant,
  }),
});
