import { z } from 'zod';
import { defineTemplate } from '../../src/notifications/templates/template-contract.ts';

/** Tells the other side and the assignee that a visit will not take place. */
export const appointmentCancelled = defineTemplate({
  name: 'appointment-cancelled', // lives in tables: never rename
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
    /** In the words of whoever called the visit off. */
    reason: z.string().min(1).optional(),
    /** The page it is about. */
    link: z.url(),
  }),
});
