import { z } from 'zod';
import { defineEvent } from './contract/event.ts';

/** A visitor saw a listing; the same visitor within 30 minutes is one view. The hashes are keyed. */
export const listingViewed = defineEvent({
  type: 'ListingViewed', // lives in tables and queues: never rename
  version: 1,
  payload: z.object({
    listingId: z.uuid(),
    tenantId: z.uuid(),
    zone: z.string(),
    visitorHash: z.string(),
    ipHash: z.string(),
  }),
});
