import { z } from 'zod';
import { defineEvent } from './contract/event.ts';

/** An operator asked for the notices that a user missed while we knew no contact. */
export const missedNoticesRequested = defineEvent({
  type: 'MissedNoticesRequested', // lives in tables and queues: never rename
  version: 1,
  payload: z.object({
    userId: z.uuid(),
    /** The events that the notices are of. */
    eventIds: z.array(z.uuid()).min(1).max(100),
  }),
});
