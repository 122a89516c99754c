import { z } from 'zod';
import { defineTemplate } from '../../src/notifications/templates/template-contract.ts';

/** Tells the tenant that a payment could not be collected. */
export const paymentFailed = defineTemplate({
  name: 'payment-failed', // lives in tables: never rename
  category: 'payments',
  onUnknown: 'resend',
  importance: 'critical',
  channels: ['inbox', 'email', 'push', 'whatsapp'],
  whatsapp: { name: 'payment_failed', languages: { es: 'es_MX', en: 'en' }, parameters: 2 },
  props: z.strictObject({
    recipientName: z.string().min(1),
    tenantName: z.string().min(1),
    /** Formatted for the reader. */
    amount: z.string().min(1),
    /** The page it is about. */
    link: z.url(),
  }),
});
