import { z } from 'zod';
import { defineEvent } from './contract/event.ts';
import { instant } from './fields.ts';

/** A visit that was agreed upon will not take place. */
export const appointmentCancelled = defineEvent({
  type: 'AppointmentCancelled', // lives in tables and queues: never rename
  version: 1,
  payload: z.object({
    appointmentId: z.uuid(),
    ticketId: z.uuid(),
    customerUserId: z.uuid(),
    tenantOwnerUserId: z.uuid().optional(),
    assigneeUserId: z.uuid().optional(),
    tenantName: z.string().optional(),
    subject: z.string().optional(),
    startsAt: instant.optional(),
    reason: z.string(),
  }),
});
