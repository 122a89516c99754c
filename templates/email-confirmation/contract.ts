import { z } from 'zod';
import { defineTemplate } from '../../src/notifications/templates/template-contract.ts';

/** Asks the owner of a mail address whether our mail may go there. */
export const emailConfirmation = defineTemplate({
  name: 'email-confirmation', // lives in tables: never rename
  category: 'account',
  onUnknown: 'resend',
  importance: 'critical',
  channels: ['email'],
  isConfirmation: true,
  props: z.strictObject({
    recipientName: z.string().min(1),
    confirmationId: z.uuid(),
    /** Six digits. */
    code: z.string().length(6),
    /** The page to confirm on. */
    link: z.url(),
  }),
});
