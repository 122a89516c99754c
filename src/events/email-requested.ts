import { z } from 'zod';
import { defineEvent } from './contract/event.ts';

/** A notification is to leave by mail. The address is looked up when it is sent. */
export const emailRequested = defineEvent({
  type: 'EmailRequested', // lives in tables and queues: never rename
  version: 1,
  payload: z.object({
    notificationId: z.uuid(),
  }),
});
