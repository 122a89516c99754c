import { z } from 'zod';
import { defineEvent } from './contract/event.ts';

/** An operator accepted a tenant's evidence. */
export const tenantVerified = defineEvent({
  type: 'TenantVerified', // lives in tables and queues: never rename
  version: 1,
  payload: z.object({
    tenantId: z.uuid(),
    ownerUserId: z.uuid(),
    name: z.string(),
    evidenceKind: z.string(),
  }),
});
