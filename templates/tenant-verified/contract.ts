import { z } from 'zod';
import { defineTemplate } from '../../src/notifications/templates/template-contract.ts';

/** Tells a tenant's owner that the business passed verification. */
export const tenantVerified = defineTemplate({
  name: 'tenant-verified', // lives in tables: never rename
  category: 'account',
  onUnknown: 'resend',
  importance: 'normal',
  channels: ['inbox', 'email', 'push'],
  props: z.strictObject({
    recipientName: z.string().min(1),
    tenantName: z.string().min(1),
    /** The tenant's page. */
    link: z.url(),
  }),
});
