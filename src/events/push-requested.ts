import { z } from 'zod';
import { defineEvent } from './contract/event.ts';

/** A notification is to be shown on a user's devices. Which they are is looked up when it is sent. */
export const pushRequested = defineEvent({
  type: 'PushRequested', // lives in tables and queues: never rename
  version: 1,
  payload: z.object({
    notificationId: z.uuid(),
  }),
});
