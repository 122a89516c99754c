import { z } from 'zod';
import { defineEvent } from './contract/event.ts';

/** Somebody finds a listing wrong. */
export const listingFlagged = defineEvent({
  type: 'ListingFlagged', // lives in tables and queues: never rename
  version: 1,
  payload: z.object({
    listingId: z.uuid(),
    tenantId: z.uuid(),
    reason: z.string(),
    flaggedBy: z.enum(['user', 'operator']),
  }),
});
