import { UnrecoverableError } from 'bullmq';
import type { Logger } from '../platform/log.ts';
import type { ConsumerMetrics } from '../platform/metrics.ts';
import { isUnavailable, Unavailable } from '../platform/unavailable.ts';
import type { Sql } from '../platform/postgres.ts';
import { bury, recordFailure } from '../store/deliveries.ts';
import { readEvents } from '../store/stored-events.ts';
import { backoffMs } from './backoff.ts';
import { eventLog } from './event-log.ts';
import { Permanent, RetryLater } from './errors.ts';
import { fingerprint } from './fingerprint.ts';

export interface Court {
  readonly sql: Sql;
  readonly log: Logger;
  readonly metrics: ConsumerMetrics;
  readonly consumer: { readonly name: string; readonly attempts: number };
  /** What the delivery depends on is away, for that long at least; the milliseconds until it may be back. */
  readonly onUnavailable: (atLeastMs?: number) => number;
}

/**
 * Milliseconds until a delivery that failed is tried again: an outage and a delay cost no attempt, everything else does.
 * @throws {UnrecoverableError} when it never will be: it is buried, and its job fails.
 */
export async function judge(eventId: string, error: Error, { sql, log, metrics, consumer, onUnavailable }: Court): Promise<number> {
  const { name } = consumer;
  if (isUnavailable(error)) return onUnavailable(error instanceof Unavailable ? error.forMs : undefined);
  if (error instanceof RetryLater) {
    metrics.parked(name);
    (await logOf(eventId, { sql, log })).warn({ error }, 'delivery parked');
    return error.delayMs;
  }
  try {
    const failure = fingerprint(error);
    const attempts = await recordFailure(sql, name, eventId, failure);
    metrics.failed(name);
    const told = await logOf(eventId, { sql, log });
    told.error({ attempts, error, fingerprint: failure.fingerprint }, 'delivery failed');
    if (attempts < consumer.attempts && !(error instanceof Permanent)) return backoffMs(attempts);
    await bury(sql, name, eventId, failure);
    metrics.died(name);
    told.error({ attempts, fingerprint: failure.fingerprint }, 'delivery is dead');
    throw new UnrecoverableError(`dead letter ${failure.fingerprint}`);
  } catch (recording) {
    if (isUnavailable(recording)) return onUnavailable();
    throw recording;
  }
}

/** The log of one delivery: whose event, and in what trace, as far as that can be read. */
async function logOf(eventId: string, { sql, log }: Pick<Court, 'sql' | 'log'>): Promise<Logger> {
  const event = await readEvents(sql, [eventId]).then((events) => events.get(eventId), () => undefined);
  return event === undefined ? log.child({ eventId }) : eventLog(log, event);
}
