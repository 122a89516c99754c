import type { CommittedEvent } from '../../outbox/read-events.ts';
import type { Logger } from '../../platform/log.ts';
import type { Sql } from '../../platform/postgres.ts';
import type { BatchJob } from '../../platform/queues.ts';
import { type Span, startSpan, traceOf } from '../../platform/telemetry.ts';
import { Permanent } from '../../events/contract/errors.ts';
import type { StoredEvent } from '../../events/contract/event.ts';
import type { Consumer } from './consumer.ts';

/** What consuming a batch needs beside the batch. */
export interface Runtime<Ports> {
  readonly sql: Sql;
  readonly ports: Ports;
  readonly log: Logger;
  /** Wakes the relays: follow-on events were committed. */
  readonly wake: () => void;
  /** Called for each delivery consumed. */
  readonly onConsumed: (event: CommittedEvent) => void;
  /** Called when a provider's call has ended, however it did. */
  readonly onPerformed?: () => void;
  /** Returns true once no more work is to begin. */
  readonly isClosing?: () => boolean;
}

/** A batch at hand. */
export interface BatchAtHand extends Pick<BatchJob, 'eventIds' | 'traceparents'> {
  readonly id: string;
  /** Workers that went down with it. */
  readonly crashes: number;
  /** Aborts when the worker loses the batch. */
  readonly signal: AbortSignal | undefined;
}

/** One delivery of a batch, as its consumer sees it. */
export interface Delivery {
  readonly event: StoredEvent;
  readonly committed: CommittedEvent;
  /** Its part in its event's trace; absent where nobody records the trace. */
  readonly span: Span | undefined;
}

/** A delivery that is not consumed, and why. */
export interface FailedDelivery {
  readonly eventId: string;
  /** Absent when the outbox has no such event. */
  readonly committed: CommittedEvent | undefined;
  readonly error: unknown;
}

export interface ReadDeliveries {
  readonly deliveries: readonly Delivery[];
  readonly unreadable: readonly FailedDelivery[];
}

/**
 * Reads a batch's events by their contracts, in their newest versions. Unreadable are those that the outbox does not
 * have, the consumer does not subscribe to, whose payload is wrong, or that are newer than this process.
 */
export function readDeliveries<Ports>(
  consumer: Consumer<Ports>,
  { id, eventIds, traceparents = {} }: BatchAtHand,
  events: ReadonlyMap<string, CommittedEvent>,
): ReadDeliveries {
  const deliveries: Delivery[] = [];
  const unreadable: FailedDelivery[] = [];
  for (const eventId of eventIds) {
    const committed = events.get(eventId);
    try {
      const parent = traceparents[eventId] ?? committed?.traceparent;
      const span = parent?.endsWith('-01') === true ? startProcessing(consumer.name, parent, id) : undefined;
      const event = readEvent(consumer, committed, span);
      deliveries.push({ event, committed: committed as CommittedEvent, span });
    } catch (error) {
      unreadable.push({ eventId, committed, error });
    }
  }
  return { deliveries, unreadable };
}

/**
 * Reads an event by its contract. What it sets off continues from `span`.
 * @throws {Permanent} when it does not exist, the consumer does not subscribe to its type, or its payload is wrong.
 * @throws {RetryLater} when it is newer than this process.
 */
export function readEvent<Ports>(consumer: Consumer<Ports>, stored: CommittedEvent | undefined, span: Span | undefined): StoredEvent {
  if (stored === undefined) throw new Permanent('no such event in the outbox');
  const contract = consumer.on.find(({ type }) => type === stored.eventType);
  if (contract === undefined) throw new Permanent(`${consumer.name} does not subscribe to ${stored.eventType}`);
  return contract.read({ ...stored, traceparent: traceOf(span)?.traceparent ?? stored.traceparent });
}

/** Starts a delivery's part in its event's trace: the relay's publication sets it off. */
const startProcessing = (consumer: string, parent: string, batchId: string): Span => startSpan(`process ${consumer}`, {
  kind: 'CONSUMER', parent,
  attributes: {
    'messaging.system': 'bullmq',
    'messaging.operation.type': 'process',
    'messaging.operation.name': 'process',
    'messaging.destination.name': consumer,
    'messaging.message.id': batchId,
  },
});
