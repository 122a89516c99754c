import { closeBatch } from '../../outbox/batch.ts';
import { insertWaiting, type WaitingDelivery } from '../../outbox/waiting.ts';
import type { Logger } from '../../platform/log.ts';
import type { ConsumerMetrics } from '../../platform/metrics.ts';
import type { Sql, Tx } from '../../platform/postgres.ts';
import { transaction } from '../../platform/transaction.ts';
import { classify, isUnavailable, Unavailable } from '../../platform/unavailable.ts';
import { Permanent, RetryLater, toError } from '../../events/contract/errors.ts';
import { fingerprint } from '../fingerprint.ts';
import { backoffMs } from './backoff.ts';
import { SupersededBatch } from './consumed.ts';
import type { FailedDelivery } from './delivery.ts';
import { type FailedAttempt, insertDeadLetters, recordAttempts } from './delivery-failure.ts';
import { eventLog } from './event-log.ts';

export interface FailureContext {
  readonly sql: Sql;
  readonly log: Logger;
  readonly metrics: ConsumerMetrics;
  readonly consumer: { readonly name: string; readonly attempts: number };
  /** Holds the consumer because of an error, for so long at least. Returns the milliseconds until the next try. */
  readonly onUnavailable: (atLeastMs: number | undefined, error: Error) => number;
}

/** A failed delivery and what becomes of it. */
export interface SettledFailure {
  readonly eventId: string;
  readonly outcome: 'retry' | 'parked' | 'unavailable' | 'dead';
  /** 0 where the failure costs no attempt. */
  readonly attempts: number;
  readonly error: Error;
}

/**
 * Closes a batch and settles its failures in the same transaction: a missing dependency or a delay costs no attempt,
 * everything else does; what can or may not be tried again is a dead letter, the rest waits.
 * @throws {SupersededBatch} when the batch is not ours any more; nothing is recorded then.
 */
export async function settleFailures(
  batchId: string,
  failed: readonly FailedDelivery[],
  context: FailureContext,
): Promise<readonly SettledFailure[]> {
  const { sql } = context;
  const settled = await transaction(sql, async (tx) => {
    if (!(await closeBatch(tx, batchId))) throw new SupersededBatch();
    return settleIn(tx, failed, context);
  });
  report(settled, failed, context);
  return settled;
}

async function settleIn(tx: Tx, failed: readonly FailedDelivery[], context: FailureContext): Promise<readonly SettledFailure[]> {
  const { name } = context.consumer;
  const counted = failed.filter(({ error }) => !isFree(error)).map(toAttempt);
  const attempts = await recordAttempts(tx, name, counted);
  const settled = failed.map((one) => settleOne(one, attempts.get(one.eventId) ?? 0, context));
  const dead = new Set(settled.filter(({ outcome }) => outcome === 'dead').map(({ eventId }) => eventId));
  await insertDeadLetters(tx, name, counted.filter(({ eventId }) => dead.has(eventId)));
  await insertWaiting(tx, settled.flatMap(({ waiting }) => waiting ?? []));
  return settled;
}

const AGAIN_MS = 1_000; // for a transaction that may simply run again, and has done so in vain

/** Returns whether a failure costs no attempt. */
const isFree = (error: unknown) => classify(error) !== 'fault' || error instanceof RetryLater;

const toAttempt = ({ eventId, error }: FailedDelivery): FailedAttempt => ({ eventId, ...fingerprint(toError(error)) });

function settleOne(failed: FailedDelivery, attempts: number, { consumer, onUnavailable }: FailureContext) {
  const error = toError(failed.error);
  const [outcome, delayMs] = decide(error, attempts);
  return { eventId: failed.eventId, outcome, attempts, error, waiting: outcome === 'dead' ? undefined : toWaiting(failed, outcome, delayMs) };

  function decide(why: Error, count: number): readonly [SettledFailure['outcome'], number] {
    if (isUnavailable(why)) {
      const { forMs, waitMs = 0 } = why instanceof Unavailable ? why : {};
      return ['unavailable', Math.max(onUnavailable(forMs, why), waitMs)];
    }
    if (why instanceof RetryLater) return ['parked', why.delayMs];
    if (classify(why) === 'again') return ['parked', AGAIN_MS];
    if (why instanceof Permanent || count >= consumer.attempts) return ['dead', 0];
    return ['retry', backoffMs(count)];
  }

  function toWaiting({ eventId, committed }: FailedDelivery, reason: WaitingDelivery['reason'], waitMs: number): WaitingDelivery {
    const { eventType = '', lane = 'normal', tenantId } = committed ?? {};
    return { consumer: consumer.name, eventId, eventType, reason, lane, tenantId, delayMs: waitMs };
  }
}

/** Counts and logs what became of each failure. */
function report(settled: readonly SettledFailure[], failed: readonly FailedDelivery[], { log, metrics, consumer }: FailureContext): void {
  const committed = new Map(failed.map((one) => [one.eventId, one.committed]));
  for (const { eventId, outcome, attempts, error } of settled) {
    const event = committed.get(eventId);
    const deliveryLog = event === undefined ? log.child({ eventId }) : eventLog(log, event);
    if (outcome === 'unavailable') continue; // the breaker has logged it, once for all
    if (outcome === 'parked') {
      metrics.parked(consumer.name);
      deliveryLog.warn({ error }, 'delivery parked');
      continue;
    }
    metrics.failed(consumer.name);
    deliveryLog.error({ attempts, error, fingerprint: fingerprint(error).fingerprint }, 'delivery failed');
    if (outcome !== 'dead') continue;
    metrics.died(consumer.name);
    deliveryLog.error({ attempts, fingerprint: fingerprint(error).fingerprint }, 'delivery is dead');
  }
}
