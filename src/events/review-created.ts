import { z } from 'zod';
import { defineEvent } from './contract/event.ts';

/** A customer judged a closed ticket. */
export const reviewCreated = defineEvent({
  type: 'ReviewCreated', // lives in tables and queues: never rename
  version: 1,
  payload: z.object({
    reviewId: z.uuid(),
    ticketId: z.uuid(),
    tenantId: z.uuid(),
    authorUserId: z.uuid(),
    rating: z.int().min(1).max(5),
    verified: z.boolean(),
  }),
});
