import { z } from 'zod';
import { defineEvent } from './contract/event.ts';

/** A person named an address that nobody has confirmed. The address is looked up when the request is sent. */
export const contactConfirmationRequested = defineEvent({
  type: 'ContactConfirmationRequested', // lives in tables and queues: never rename
  version: 1,
  payload: z.object({
    confirmationId: z.uuid(),
    userId: z.uuid(),
    channel: z.enum(['email', 'whatsapp']),
  }),
});
