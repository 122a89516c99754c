import { append } from '../../outbox/append.ts';
import { closeBatch, isOpen } from '../../outbox/batch.ts';
import { readEvents } from '../../outbox/read-events.ts';
import type { Tx } from '../../platform/postgres.ts';
import { signal } from '../../platform/signal.ts';
import { withinAll } from '../../platform/telemetry.ts';
import { transaction } from '../../platform/transaction.ts';
import { classify, isUnavailable } from '../../platform/unavailable.ts';
import type { Reaction } from './consumer.ts';
import { consumeAll, consumeFresh, isConsumedBefore } from './consumption.ts';
import { type BatchAtHand, type Delivery, type FailedDelivery, readDeliveries, type Runtime } from './delivery.ts';
import { handle } from './handle.ts';
import { type Consumed, SupersededBatch } from './consumed.ts';

const COMMIT_MARGIN_MS = 5_000; // for the records, the follow-on events and the commit, beyond the handler's own time

/**
 * Consumes a batch in one transaction, which also closes the batch. When that fails its deliveries are taken one by one,
 * so that only the failing ones count an attempt.
 * @throws when a dependency is unavailable, and {SupersededBatch} when the batch is not ours any more.
 */
export async function react<Ports>(reaction: Reaction<Ports>, runtime: Runtime<Ports>, batch: BatchAtHand): Promise<Consumed> {
  const events = await readEvents(runtime.sql, batch.eventIds);
  const { deliveries, unreadable } = readDeliveries(reaction, batch, events);
  const isWhole = unreadable.length === 0;
  const whole = { batch, deliveries, closes: isWhole };
  try {
    await commitTogether(reaction, runtime, { ...whole, areFresh: batch.crashes === 0 }).catch((error: unknown) => {
      if (!isConsumedBefore(error)) throw error;
      return commitTogether(reaction, runtime, whole);
    });
    return { deliveries, failed: unreadable, isClosed: isWhole };
  } catch (error) {
    if (isUnavailable(error) || error instanceof SupersededBatch) throw error;
    if (deliveries.length === 1) return { deliveries, failed: [...unreadable, ...failedAt(deliveries[0], error)], isClosed: false };
  }
  const failed = [...unreadable];
  for (const delivery of deliveries) failed.push(...(await reactAlone(reaction, runtime, { batch, delivery })));
  return { deliveries, failed, isClosed: false };
}

interface Alone {
  readonly batch: BatchAtHand;
  readonly delivery: Delivery;
}

/** Consumes one delivery of a batch, which stays open. Returns its failure, if it failed. */
export async function reactAlone<Ports>(
  reaction: Reaction<Ports>,
  runtime: Runtime<Ports>,
  { batch, delivery }: Alone,
): Promise<readonly FailedDelivery[]> {
  try {
    await commitTogether(reaction, runtime, { batch, deliveries: [delivery], closes: false });
    return [];
  } catch (error) {
    if (isUnavailable(error) || error instanceof SupersededBatch) throw error;
    return failedAt(delivery, error);
  }
}

const failedAt = (delivery: Delivery | undefined, error: unknown): readonly FailedDelivery[] =>
  delivery === undefined ? [] : [{ eventId: delivery.event.eventId, committed: delivery.committed, error }];

interface Part {
  readonly batch: BatchAtHand;
  readonly deliveries: readonly Delivery[];
  /** Whether these are all the deliveries of the batch. */
  readonly closes: boolean;
  /** Whether none of them is expected to be consumed already. */
  readonly areFresh?: boolean;
}

/** Runs one transaction: the consumption records first, then the effect of the fresh deliveries, then what follows. */
async function commitTogether<Ports>(reaction: Reaction<Ports>, runtime: Runtime<Ports>, part: Part): Promise<void> {
  const { deliveries, batch, closes, areFresh = false } = part;
  if (deliveries.length === 0 && !closes) return;
  const { name, timeoutMs } = reaction;
  signal('reaction.before');
  const { fresh, following, hints } = await withinAll(`react ${name}`, deliveries.map(({ span }) => span), () => runAgain(() => transaction(
    runtime.sql,
    async (tx) => {
      const eventIds = deliveries.map(({ event }) => event.eventId);
      const [isOurs, consumed] = await Promise.all([
        closes ? closeBatch(tx, batch.id) : isOpen(tx, batch.id),
        areFresh ? consumeAll(tx, name, eventIds) : consumeFresh(tx, name, eventIds),
      ]);
      if (!isOurs) throw new SupersededBatch();
      const toHandle = consumed === undefined ? deliveries : deliveries.filter(({ event }) => consumed.has(event.eventId));
      const handled = await handleFresh(reaction, runtime, { tx, deliveries: toHandle });
      signal('reaction.inside');
      return handled;
    },
    { timeoutMs: timeoutMs + COMMIT_MARGIN_MS },
  )));
  signal('reaction.committed');
  for (const { committed } of fresh) runtime.onConsumed(committed);
  if (following > 0) runtime.wake();
  for (const hint of hints) hint();
}

const RUNS = 3;

/** Runs a transaction again at once when it lost to another: a deadlock, or a serialization failure. */
async function runAgain<T>(run: () => Promise<T>): Promise<T> {
  for (let runs = 1; ; runs += 1) {
    try {
      return await run();
    } catch (error) {
      if (classify(error) !== 'again' || runs === RUNS) throw error;
    }
  }
}

async function handleFresh<Ports>(
  reaction: Reaction<Ports>,
  { ports, log }: Runtime<Ports>,
  { tx, deliveries }: { readonly tx: Tx; readonly deliveries: readonly Delivery[] },
) {
  if (deliveries.length === 0) return { fresh: [], following: 0, hints: [] };
  const { following, hints } = await handle(reaction, { tx, ports, log }, deliveries.map(({ event }) => event));
  await append(tx, ...following);
  return { fresh: deliveries, following: following.length, hints };
}
