import { z } from 'zod';
import { defineTemplate } from '../../src/notifications/templates/template-contract.ts';

/** Tells the customer what a ticket will cost, and until when that holds. */
export const quoteSent = defineTemplate({
  name: 'quote-sent', // lives in tables: never rename
  category: 'tickets',
  onUnknown: 'resend',
  importance: 'normal',
  channels: ['inbox', 'email', 'push', 'whatsapp'],
  whatsapp: { name: 'quote_sent', languages: { es: 'es_MX', en: 'en' }, parameters: 4 },
  props: z.strictObject({
    recipientName: z.string().min(1),
    tenantName: z.string().min(1),
    subject: z.string().min(1),
    /** Formatted for the reader. */
    total: z.string().min(1),
    /** Day and time, formatted for the reader. */
    validUntil: z.string().min(1),
    /** The page it is about. */
    link: z.url(),
  }),
});
