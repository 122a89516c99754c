import type { Sql } from '../platform/postgres.ts';
import type { Logger } from '../platform/log.ts';
import { type Span, traceOf } from '../platform/telemetry.ts';
import type { CommittedEvent } from '../store/stored-events.ts';
import type { Consumer } from './consumer.ts';
import { Permanent } from './errors.ts';
import type { StoredEvent } from './event.ts';

/** What both runners of deliveries work with. */
export interface Runtime<Ports> {
  readonly sql: Sql;
  readonly ports: Ports;
  readonly log: Logger;
  /** Tells the relays that follow-on events were committed. */
  readonly poke: () => void;
}

/**
 * Reads a delivered event by its contract, in its newest version. What it sets off continues from `span`.
 * @throws {Permanent} when the outbox has no such event, the consumer does not hear its type, or its payload is wrong.
 * @throws {RetryLater} when it is newer than this process.
 */
export function readDelivered<Ports>(consumer: Consumer<Ports>, stored: CommittedEvent | undefined, span: Span | undefined): StoredEvent {
  if (stored === undefined) throw new Permanent('no such event in the outbox');
  const contract = consumer.on.find(({ type }) => type === stored.eventType);
  if (contract === undefined) throw new Permanent(`${consumer.name} does not hear ${stored.eventType}`);
  return contract.read({ ...stored, traceparent: traceOf(span)?.traceparent ?? stored.traceparent });
}
