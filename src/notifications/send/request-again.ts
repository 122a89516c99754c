import { append } from '../../outbox/append.ts';
import type { Lane } from '../../events/contract/event.ts';
import type { Tx } from '../../platform/postgres.ts';
import type { DueNotification } from '../notifications.ts';
import { readEvents } from '../../outbox/read-events.ts';
import { requested } from './requested.ts';

interface Again {
  readonly now: Date;
  /** `bulk` for many at once; the lane of their cause when absent. */
  readonly lane?: Lane;
}

/** Requests queued notifications' way out once more, as caused by the events that they tell of. */
export async function requestAgain(tx: Tx, notifications: readonly DueNotification[], { now, lane }: Again): Promise<void> {
  if (notifications.length === 0) return;
  const events = await readEvents(tx, notifications.map(({ eventId }) => eventId));
  const entries = notifications.flatMap(({ id: notificationId, eventId, tenantId, channel }) => {
    const cause = events.get(eventId);
    const facts = { tenantId: tenantId ?? undefined, occurredAt: now, payload: { notificationId }, lane };
    return requested(channel, facts).map((event) => ({ event, origin: { causationId: eventId, correlationId: cause?.correlationId, traceparent: cause?.traceparent, lane: cause?.lane } }));
  });
  await append(tx, ...entries);
}
