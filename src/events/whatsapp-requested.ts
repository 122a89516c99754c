import { z } from 'zod';
import { defineEvent } from './contract/event.ts';

/** A notification is to leave by WhatsApp. The number is looked up when it is sent. */
export const whatsAppRequested = defineEvent({
  type: 'WhatsAppRequested', // lives in tables and queues: never rename
  version: 1,
  payload: z.object({
    notificationId: z.uuid(),
  }),
});
