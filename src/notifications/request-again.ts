import { append } from '../outbox/append.ts';
import type { Tx } from '../platform/postgres.ts';
import type { DueNotification } from '../store/notifications.ts';
import { readEvents } from '../outbox/read-events.ts';
import { requested } from './requested.ts';

/** Asks for the way out of queued notifications once more, as caused by what they tell of. */
export async function requestAgain(tx: Tx, notifications: readonly DueNotification[], now: Date): Promise<void> {
  if (notifications.length === 0) return;
  const events = await readEvents(tx, notifications.map(({ eventId }) => eventId));
  const entries = notifications.flatMap(({ id: notificationId, eventId, tenantId, channel }) => {
    const { correlationId, traceparent } = events.get(eventId) ?? {};
    const facts = { tenantId: tenantId ?? undefined, occurredAt: now, payload: { notificationId } };
    return requested(channel, facts).map((event) => ({ event, origin: { causationId: eventId, correlationId, traceparent } }));
  });
  await append(tx, ...entries);
}
