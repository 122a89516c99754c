import { z } from 'zod';
import { defineEvent } from './contract/event.ts';

/** A visitor turned to a tenant's WhatsApp; the same visitor within 30 minutes is one click. The hashes are keyed. */
export const whatsAppClicked = defineEvent({
  type: 'WhatsAppClicked', // lives in tables and queues: never rename
  version: 1,
  payload: z.object({
    listingId: z.uuid(),
    tenantId: z.uuid(),
    zone: z.string(),
    visitorHash: z.string(),
    ipHash: z.string(),
  }),
});
