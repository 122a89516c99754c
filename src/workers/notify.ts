import { defineReaction } from '../kernel/consumers/consumer.ts';
import { createNotifications } from '../notifications/decide/create-notifications.ts';
import { noticed, noticesOf } from '../notifications/decide/notices.ts';
import { listTold } from '../notifications/notifications.ts';
import type { Ports } from './ports.ts';

/** Creates the notifications of an event: the text in each reader's inbox, and a request for each way out. */
export const notify = defineReaction<Ports, typeof noticed>({
  name: 'notify', // names its queue and its consumption records: never rename
  replay: 'suppressNotifications',
  on: noticed,

  async handleBatch(events, context) {
    const { tx, ports } = context;
    const known = ports.isReplay === true ? await listTold(tx, events.map(({ eventId }) => eventId)) : new Set();
    const notices = events.flatMap(noticesOf);
    await createNotifications(notices.filter(({ event, userId }) => !known.has(`${event.eventId} ${userId}`)), context);
  },
});
