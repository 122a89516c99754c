import { z } from 'zod';
import { defineEvent } from './contract/event.ts';

/** Somebody may become a tenant's customer. */
export const leadCreated = defineEvent({
  type: 'LeadCreated', // lives in tables and queues: never rename
  version: 1,
  payload: z.object({
    leadId: z.uuid(),
    tenantId: z.uuid(),
    tenantOwnerUserId: z.uuid(),
    tenantName: z.string(),
    source: z.enum(['form', 'whatsapp', 'phone', 'referral']),
    listingId: z.uuid().nullable(),
  }),
});
