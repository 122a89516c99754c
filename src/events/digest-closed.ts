import { z } from 'zod';
import { defineEvent } from './contract/event.ts';

/** What was gathered for a user in a category is to be told as one. */
export const digestClosed = defineEvent({
  type: 'DigestClosed', // lives in tables and queues: never rename
  version: 1,
  payload: z.object({
    digestId: z.uuid(),
    userId: z.uuid(),
    category: z.string(),
    /** Of all that was gathered. */
    count: z.int().min(1),
    /** How the first of it stands in the user's inbox. */
    texts: z.array(z.string()),
  }),
});
