import { z } from 'zod';
import { defineEvent } from './contract/event.ts';

/** A tenant's branch was opened or is elsewhere now. */
export const branchUpdated = defineEvent({
  type: 'BranchUpdated', // lives in tables and queues: never rename
  version: 1,
  payload: z.object({
    branchId: z.uuid(),
    tenantId: z.uuid(),
    zone: z.string(),
    address: z.string(),
    latitude: z.number().min(-90).max(90),
    longitude: z.number().min(-180).max(180),
  }),
});
