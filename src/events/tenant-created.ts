import { z } from 'zod';
import { defineEvent } from '../kernel/event.ts';

/** A business joined the marketplace; it is not verified yet. */
export const tenantCreated = defineEvent({
  type: 'TenantCreated', // lives in tables and queues: never rename
  version: 1,
  payload: z.object({
    tenantId: z.uuid(),
    ownerUserId: z.uuid(),
    name: z.string(),
  }),
});
