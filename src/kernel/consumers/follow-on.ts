import type { Appended } from '../../outbox/append.ts';
import type { NewEvent, StoredEvent } from '../../events/contract/event.ts';

/** Returns events as what `cause` set off: in its request's correlation, its trace and its lane. */
export function followOn(cause: StoredEvent, events: readonly NewEvent[]): Appended[] {
  const { eventId: causationId, correlationId, traceparent, lane } = cause;
  return events.map((event) => ({ event, origin: { causationId, correlationId, traceparent, lane } }));
}
