import { z } from 'zod';
import { defineTemplate } from '../../src/notifications/templates/template-contract.ts';

/** Tells the customer who asked, and the tenant who was asked, that a ticket is open. */
export const ticketCreated = defineTemplate({
  name: 'ticket-created', // lives in tables: never rename
  category: 'tickets',
  onUnknown: 'resend',
  importance: 'normal',
  channels: ['inbox', 'email', 'push'],
  readers: ['customer', 'owner'],
  props: z.strictObject({
    recipientName: z.string().min(1),
    tenantName: z.string().min(1),
    subject: z.string().min(1),
    /** What people call the ticket, where it has such a number. */
    ticketNumber: z.string().min(1).optional(),
    /** The ticket's page. */
    link: z.url(),
  }),
});
