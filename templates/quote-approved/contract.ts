import { z } from 'zod';
import { defineTemplate } from '../../src/notifications/templates/template-contract.ts';

/** Tells the tenant that the customer accepted a quote. */
export const quoteApproved = defineTemplate({
  name: 'quote-approved', // lives in tables: never rename
  category: 'tickets',
  onUnknown: 'resend',
  importance: 'normal',
  channels: ['inbox', 'email', 'push'],
  readers: ['owner', 'assignee'],
  props: z.strictObject({
    recipientName: z.string().min(1),
    tenantName: z.string().min(1),
    subject: z.string().min(1),
    /** Formatted for the reader. */
    total: z.string().min(1),
    /** The page it is about. */
    link: z.url(),
  }),
});
