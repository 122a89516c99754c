import { z } from 'zod';
import { defineTemplate } from '../../src/notifications/templates/template-contract.ts';

/** Tells an ambassador that a period was closed and what will be paid. */
export const payoutReady = defineTemplate({
  name: 'payout-ready', // lives in tables: never rename
  category: 'payouts',
  onUnknown: 'resend',
  importance: 'legal',
  channels: ['inbox', 'email', 'push'],
  props: z.strictObject({
    recipientName: z.string().min(1),
    /** Formatted for the reader. */
    payable: z.string().min(1),
    /** First and last day, formatted for the reader. */
    period: z.string().min(1),
    /** The page it is about. */
    link: z.url(),
  }),
});
