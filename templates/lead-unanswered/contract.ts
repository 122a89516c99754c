import { z } from 'zod';
import { defineTemplate } from '../../src/notifications/templates/template-contract.ts';

/** Tells the tenant that somebody still waits for an answer. */
export const leadUnanswered = defineTemplate({
  name: 'lead-unanswered', // lives in tables: never rename
  category: 'leads',
  onUnknown: 'resend',
  importance: 'normal',
  channels: ['inbox', 'email', 'push'],
  props: z.strictObject({
    recipientName: z.string().min(1),
    tenantName: z.string().min(1),
    /** Day and time, formatted for the reader. */
    waitingSince: z.string().min(1),
    /** The page it is about. */
    link: z.url(),
  }),
});
