import { replayDeliveries } from '../../outbox/waiting.ts';
import type { Tx } from '../../platform/postgres.ts';
import { resolveDeadLetters } from '../../kernel/consumers/dead-letters.ts';
import { makePending } from '../../outbox/retry-failed.ts';
import { holdEvents } from './outbox-events.ts';

/** What a retry did. */
export interface RetryOutcome {
  /** Events that had failed and wait for the relay again. */
  readonly events: number;
  /** Deliveries that were dead and wait again. */
  readonly deliveries: number;
  /** Events that needed nothing. */
  readonly unchanged: number;
}

/** Some of the events can't be retried; nothing was done to any. */
export class NotRetryable extends Error {
  override readonly name = 'NotRetryable';
  readonly unknown: readonly string[];
  readonly pending: readonly string[];

  constructor(unknown: readonly string[], pending: readonly string[]) {
    super('some of the events can’t be retried');
    this.unknown = unknown;
    this.pending = pending;
  }
}

/**
 * Publishes failed events again and brings dead deliveries back; what is consumed stays consumed.
 * @throws {NotRetryable} when an event is unknown, or still waits for its first publication.
 */
export async function retryEvents(tx: Tx, ids: readonly string[]): Promise<RetryOutcome> {
  const held = await holdEvents(tx, ids);
  const known = new Set(held.map(({ id }) => id));
  const unknown = ids.filter((id) => !known.has(id));
  const pending = held.filter(({ status }) => status === 'pending').map(({ id }) => id);
  if (unknown.length > 0 || pending.length > 0) throw new NotRetryable(unknown, pending);

  const failed = held.filter(({ status }) => status === 'failed');
  const failedIds = failed.map(({ id }) => id);
  await makePending(tx, failedIds);
  const dead = await resolveDeadLetters(tx, [...known]);
  await replayDeliveries(tx, dead);
  const touched = new Set([...failedIds, ...dead.map(({ eventId }) => eventId)]);
  return { events: failed.length, deliveries: dead.length, unchanged: known.size - touched.size };
}
