import { z } from 'zod';
import { defineEvent } from './contract/event.ts';

/** A tenant offers a service to the public. */
export const listingPublished = defineEvent({
  type: 'ListingPublished', // lives in tables and queues: never rename
  version: 1,
  payload: z.object({
    listingId: z.uuid(),
    tenantId: z.uuid(),
    title: z.string(),
    category: z.string(),
    zone: z.string(),
  }),
});
