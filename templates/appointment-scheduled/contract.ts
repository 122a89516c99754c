import { z } from 'zod';
import { defineTemplate } from '../../src/notifications/templates/template-contract.ts';

/** Tells the other side and the assignee that a visit was agreed upon, or moved to another time. */
export const appointmentScheduled = defineTemplate({
  name: 'appointment-scheduled', // lives in tables: never rename
  category: 'appointments',
  onUnknown: 'resend',
  importance: 'normal',
  channels: ['inbox', 'email', 'push'],
  readers: ['customer', 'owner', 'assignee'],
  props: z.strictObject({
    recipientName: z.string().min(1),
    tenantName: z.string().min(1),
    subject: z.string().min(1),
    /** Day and time, formatted for the reader. */
    startsAt: z.string().min(1),
    /** The same in few characters. */
    startsAtShort: z.string().min(1),
    /** Day and time before the visit was moved. */
    previousStartsAt: z.string().min(1).optional(),
    /** The page it is about. */
    link: z.url(),
  }),
});
