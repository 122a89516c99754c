import type { Logger } from '../../platform/log.ts';
import type { StoredEvent } from '../../events/contract/event.ts';

/** The log of a handler at work on one event: every line says which, whose and in what trace. */
export function eventLog(log: Logger, { eventId, eventType, tenantId, traceparent }: StoredEvent): Logger {
  return log.child({ eventId, eventType, tenantId, traceId: traceparent?.split('-')[1] });
}
