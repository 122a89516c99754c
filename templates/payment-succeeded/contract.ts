import { z } from 'zod';
import { defineTemplate } from '../../src/notifications/templates/template-contract.ts';

/** Tells the tenant that a payment was collected. */
export const paymentSucceeded = defineTemplate({
  name: 'payment-succeeded', // lives in tables: never rename
  category: 'payments',
  onUnknown: 'resend',
  importance: 'low',
  channels: ['inbox', 'email', 'push'],
  props: z.strictObject({
    recipientName: z.string().min(1),
    tenantName: z.string().min(1),
    /** Formatted for the reader. */
    amount: z.string().min(1),
    /** The page it is about. */
    link: z.url(),
  }),
});
