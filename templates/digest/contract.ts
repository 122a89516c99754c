import { z } from 'zod';
import { defineTemplate } from '../../src/notifications/templates/template-contract.ts';

/** Tells at once what was gathered in a category; each piece of it stands in the inbox already. */
export const digest = defineTemplate({
  name: 'digest', // lives in tables: never rename
  category: 'digest',
  onUnknown: 'resend',
  importance: 'normal',
  channels: ['email', 'push'],
  props: z.strictObject({
    recipientName: z.string().min(1),
    /** As the reader calls it. */
    category: z.string().min(1),
    /** Of all that was gathered. */
    count: z.string().min(1),
    /** The first of it, each as it stands in the inbox. */
    texts: z.array(z.string()),
    /** The text, on one line, where there is only one. */
    single: z.string().optional(),
    /** The page it is about. */
    link: z.url(),
  }),
});
