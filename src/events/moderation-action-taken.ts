import { z } from 'zod';
import { defineEvent } from './contract/event.ts';

/** An operator hid, restored or banned something, for a reason. */
export const moderationActionTaken = defineEvent({
  type: 'ModerationActionTaken', // lives in tables and queues: never rename
  version: 1,
  payload: z.object({
    actionId: z.uuid(),
    tenantId: z.uuid(),
    target: z.enum(['review', 'listing']),
    targetId: z.uuid(),
    action: z.enum(['hide', 'restore', 'ban']),
    reason: z.string(),
  }),
});
