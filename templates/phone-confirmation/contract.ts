import { z } from 'zod';
import { defineTemplate } from '../../src/notifications/templates/template-contract.ts';

/** Asks the owner of a number whether our WhatsApp messages may go there. */
export const phoneConfirmation = defineTemplate({
  name: 'phone-confirmation', // lives in tables: never rename
  category: 'account',
  onUnknown: 'resend',
  importance: 'critical',
  channels: ['whatsapp'],
  isConfirmation: true,
  whatsapp: { name: 'phone_confirmation', languages: { es: 'es_MX', en: 'en' }, parameters: 1 },
  props: z.strictObject({
    recipientName: z.string().min(1),
    confirmationId: z.uuid(),
    /** Six digits. */
    code: z.string().length(6),
    /** The page to confirm on. */
    link: z.url(),
  }),
});
