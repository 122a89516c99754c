import type { Logger } from '../platform/log.ts';
import type { Sql } from '../platform/postgres.ts';
import type { BatchQueue } from '../platform/queues.ts';
import { callRedis } from '../platform/redis.ts';
import { signal } from '../platform/signal.ts';
import { failSpan, type Span, startSpan, traceOf } from '../platform/telemetry.ts';
import { type Batch, nameOf, toJob, unqueueBatches } from './batch.ts';
import type { Generations } from './generations.ts';

export interface AddOptions {
  readonly sql: Sql;
  readonly log: Logger;
  readonly queue: (consumer: string) => BatchQueue;
  readonly generations: Pick<Generations, 'advanceSoon'>;
}

/**
 * Adds batches to their queues. Where Redis refuses, the batches' deliveries wait: a job of theirs that Redis took all the
 * same finds no batch and does nothing.
 * @throws {Unavailable} when a queue could not take its batches.
 */
export async function addBatches(options: AddOptions, batches: readonly Batch[]): Promise<void> {
  const byConsumer = [...Map.groupBy(batches, ({ consumer }) => consumer)];
  options.generations.advanceSoon(byConsumer.map(([consumer]) => consumer));
  const added = await Promise.allSettled(byConsumer.map(([consumer, some]) => callRedis(() => addTo(options.queue(consumer), some))));
  const refused = byConsumer.filter((_, index) => added[index]?.status === 'rejected');
  const reason = added.find((each) => each.status === 'rejected')?.reason as unknown;
  if (refused.length === 0) return;
  const batchIds = refused.flatMap(([, some]) => some.map(({ id }) => id));
  await unqueueBatches(options.sql, batchIds, 'unavailable');
  throw reason;
}

async function addTo(queue: BatchQueue, batches: readonly Batch[]): Promise<void> {
  const spans = batches.map((batch) => startSpans(batch));
  const all = spans.flatMap((each) => [...each.values()]);
  try {
    await queue.addBulk(batches.map((batch, index) => ({
      name: nameOf(batch),
      data: toJob(batch, traceparentsOf(spans[index])),
      opts: { jobId: batch.id, lifo: batch.lane === 'urgent' },
    })));
    signal('relay.queue-added');
  } catch (error) {
    for (const span of all) failSpan(span, error);
    throw error;
  } finally {
    for (const span of all) span.end();
  }
}

/** Starts a producer's span for each delivery whose event's trace is recorded. */
function startSpans({ id, consumer, traceparents = {} }: Batch): ReadonlyMap<string, Span> {
  return new Map(Object.entries(traceparents).map(([eventId, parent]) => [eventId, startSpan(`publish ${consumer}`, {
    kind: 'PRODUCER', parent,
    attributes: {
      'messaging.system': 'bullmq',
      'messaging.operation.type': 'send',
      'messaging.operation.name': 'publish',
      'messaging.destination.name': consumer,
      'messaging.message.id': id,
    },
  })]));
}

function traceparentsOf(spans: ReadonlyMap<string, Span> | undefined): Readonly<Record<string, string>> | undefined {
  if (spans === undefined || spans.size === 0) return undefined;
  const entries = [...spans].flatMap(([eventId, span]) => {
    const trace = traceOf(span);
    return trace === undefined ? [] : [[eventId, trace.traceparent] as const];
  });
  return Object.fromEntries(entries);
}
