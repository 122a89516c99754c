import { z } from 'zod';
import { defineEvent } from './contract/event.ts';

/** A notification will not arrive by its channel: the provider, or we before it, refused it for good. */
export const notificationFailed = defineEvent({
  type: 'NotificationFailed', // lives in tables and queues: never rename
  version: 1,
  payload: z.object({
    notificationId: z.uuid(),
  }),
});
