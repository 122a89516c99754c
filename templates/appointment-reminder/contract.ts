import { z } from 'zod';
import { defineTemplate } from '../../src/notifications/templates/template-contract.ts';

/** Reminds the customer and the assignee of a visit. */
export const appointmentReminder = defineTemplate({
  name: 'appointment-reminder', // lives in tables: never rename
  category: 'appointments',
  onUnknown: 'resend',
  importance: 'normal',
  channels: ['inbox', 'email', 'push', 'whatsapp'],
  readers: ['customer', 'assignee'],
  fallback: { push: 'whatsapp' },
  whatsapp: {
    name: 'appointment_reminder', nameFor: { assignee: 'appointment_visit_reminder' }, languages: { es: 'es_MX', en: 'en' }, parameters: 3,
  },
  props: z.strictObject({
    recipientName: z.string().min(1),
    tenantName: z.string().min(1),
    subject: z.string().min(1),
    /** Day and time, formatted for the reader. */
    startsAt: z.string().min(1),
    /** The same in few characters. */
    startsAtShort: z.string().min(1),
    /** The page it is about. */
    link: z.url(),
  }),
});
