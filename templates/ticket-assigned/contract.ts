import { z } from 'zod';
import { defineTemplate } from '../../src/notifications/templates/template-contract.ts';

/** Tells the customer and the assignee that somebody answers for a ticket. */
export const ticketAssigned = defineTemplate({
  name: 'ticket-assigned', // lives in tables: never rename
  category: 'tickets',
  onUnknown: 'resend',
  importance: 'normal',
  channels: ['inbox', 'email', 'push'],
  readers: ['customer', 'assignee'],
  props: z.strictObject({
    recipientName: z.string().min(1),
    tenantName: z.string().min(1),
    subject: z.string().min(1),
    /** The ticket's page. */
    link: z.url(),
  }),
});
