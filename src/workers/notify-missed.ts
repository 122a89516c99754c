import { missedNoticesRequested } from '../events/missed-notices-requested.ts';
import { defineReaction } from '../kernel/consumers/consumer.ts';
import { createNotifications } from '../notifications/decide/create-notifications.ts';
import { readMissedNotices } from '../notifications/decide/missed-notices.ts';
import { listTold } from '../notifications/notifications.ts';
import type { Ports } from './ports.ts';

/** Creates the notifications that a user missed while we knew no contact. */
export const notifyMissed = defineReaction<Ports, [typeof missedNoticesRequested]>({
  name: 'notify-missed', // names its queue and its consumption records: never rename
  on: [missedNoticesRequested],

  async handle({ payload: { userId, eventIds } }, context) {
    const known = await listTold(context.tx, eventIds);
    const missed = eventIds.filter((eventId) => !known.has(`${eventId} ${userId}`)).map((eventId) => ({ eventId, userId }));
    await createNotifications(await readMissedNotices(context.tx, missed, context.now), context);
  },
});
