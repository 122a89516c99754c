import { z } from 'zod';
import { defineEvent } from '../kernel/event.ts';

/** A visit that was agreed upon will not take place. */
export const appointmentCancelled = defineEvent({
  type: 'AppointmentCancelled', // lives in tables and queues: never rename
  version: 1,
  payload: z.object({
    appointmentId: z.uuid(),
    ticketId: z.uuid(),
    customerUserId: z.uuid(),
    reason: z.string(),
  }),
});
