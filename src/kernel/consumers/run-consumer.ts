import { DelayedError, type Job, UnrecoverableError } from 'bullmq';
import { validate as isUuid } from 'uuid';
import type { Logger } from '../../platform/log.ts';
import type { ConsumerMetrics } from '../../platform/metrics.ts';
import type { Sql } from '../../platform/postgres.ts';
import { type BatchJob, type BatchQueue, openWorker } from '../../platform/queues.ts';
import type { Redis } from '../../platform/redis.ts';
import { isUnavailable, Unavailable } from '../../platform/unavailable.ts';
import { makeBreaker } from './breaker.ts';
import { startCanary } from './canary.ts';
import { makeConsume } from './consume-batch.ts';
import { SupersededBatch } from './consumed.ts';
import type { Consumer } from './consumer.ts';
import type { BatchAtHand } from './delivery.ts';
import type { SettledFailure } from './failures.ts';
import type { TakeCalls } from './perform.ts';

export interface RunOptions<Ports> {
  readonly sql: Sql;
  readonly ports: Ports;
  readonly log: Logger;
  /** Wakes the relays: follow-on events were committed. */
  readonly wake: () => void;
  readonly redis: Redis;
  readonly queue: BatchQueue;
  readonly prefix: string;
  readonly lockMs: number;
  readonly canaryMs: number;
  /** Batches at hand at once in this process; the consumer's own number when absent. */
  readonly concurrency?: number | undefined;
  /** Resolves to how many of the calls that are wanted may begin at the consumer's provider. */
  readonly takeCalls?: TakeCalls | undefined;
  readonly metrics: ConsumerMetrics;
  /** Returns where operators look at an event. */
  readonly linkTo?: ((eventId: string) => string) | undefined;
  /** Called when this worker no longer takes the work that waits: only a new process can help. */
  readonly onStuck: (consumer: string) => void;
}

export interface RunningConsumer {
  /** Takes no more batches and ends those at hand. */
  close(): Promise<void>;
}

/** Runs a consumer on its queue until closed. What a batch could not consume waits in PostgreSQL, or is dead. */
export function runConsumer<Ports>(consumer: Consumer<Ports>, options: RunOptions<Ports>): RunningConsumer {
  const { sql, queue, metrics, redis, prefix, lockMs, canaryMs, onStuck, linkTo, concurrency = consumer.concurrency } = options;
  const { name } = consumer;
  const log = options.log.child({ consumer: name });
  // Neither waits for the other: a resumed worker's promise lasts as long as its search for stalled jobs.
  const reportSteering = (error: unknown) => log.error({ error }, 'worker could not be paused or resumed');
  const breaker = makeBreaker({
    hold: (error) => {
      metrics.held(name, true);
      if (error instanceof Unavailable && error.isAccount) log.error({ error }, 'consumer held: the provider refuses our account');
      else log.warn({ error }, 'consumer held: a dependency is unavailable');
      worker.pause(true).catch(reportSteering);
    },
    release: () => {
      metrics.held(name, false);
      worker.resume().catch(reportSteering);
    },
  });
  let isClosing = false;
  const runtime = {
    sql, log, ports: options.ports, wake: options.wake,
    onConsumed: (event: Parameters<ConsumerMetrics['consumed']>[1]) => metrics.consumed(name, event),
    onPerformed: () => canary.progress(),
    isClosing: () => isClosing,
  };
  const consume = makeConsume(consumer, runtime, { metrics, takeCalls: options.takeCalls, onUnavailable: breaker.trip });

  async function process(job: Job<BatchJob, void>, token?: string, signal?: AbortSignal): Promise<void> {
    canary.progress();
    const batch = toBatch(job, signal);
    if (batch === undefined) return refuse(job);
    const failures = await consume(batch).then(
      (settled) => {
        if (settled.every(({ outcome }) => outcome !== 'unavailable')) breaker.reset();
        return settled;
      },
      (error: unknown) => putBack(job, token, error),
    ).finally(canary.progress);
    if (failures.length > 0) await fail(job, failures);
  }

  /** Leaves a batch in Redis that could not be settled: PostgreSQL is unavailable, so it cannot wait there. */
  async function putBack(job: Job<BatchJob, void>, token: string | undefined, error: unknown): Promise<readonly SettledFailure[]> {
    if (error instanceof SupersededBatch) {
      log.info({ batchId: job.id }, 'batch was superseded');
      return [];
    }
    if (!isUnavailable(error)) log.error({ error, batchId: job.id }, 'batch could not be settled');
    await job.moveToDelayed(Date.now() + breaker.trip(error instanceof Unavailable ? error.forMs : undefined, error), token);
    throw new DelayedError();
  }

  /** Shows a batch with failures in Bull Board, where it is kept for a while; the deliveries have their places already. */
  async function fail(job: Job<BatchJob, void>, failures: readonly SettledFailure[]): Promise<never> {
    const shown = failures.slice(0, FAILURES_SHOWN);
    for (const { eventId, outcome, attempts, error } of shown) {
      const why = outcome === 'retry' || outcome === 'dead' ? `attempt ${attempts}, ${outcome}` : outcome;
      await job.log(`${eventId}: ${why}: ${error.name}${linkTo === undefined ? '' : ` ${linkTo(eventId)}`}`).catch(() => undefined);
    }
    const counts = Object.entries(Object.groupBy(failures, ({ outcome }) => outcome)).map(([outcome, some]) => `${some.length} ${outcome}`);
    throw new UnrecoverableError(`${failures.length} of ${job.data.eventIds.length} deliveries not consumed: ${counts.join(', ')}`);
  }

  function refuse(job: Job<BatchJob, void>): never {
    metrics.failed(name);
    log.error({ jobId: job.id }, 'job is no batch');
    throw new UnrecoverableError('this job is no batch of deliveries');
  }

  const worker = openWorker(name, process, {
    redis, prefix, lockMs, concurrency, onError: (error) => log.debug({ error }, 'worker reported an error'),
  });
  const canary = startCanary({
    withinMs: canaryMs,
    waiting: () => queue.getWaitingCount(),
    held: () => breaker.held,
    onDeath: () => onStuck(name),
  });
  worker.run().catch((error: unknown) => {
    log.error({ error }, 'worker ended');
    onStuck(name);
  });

  return {
    async close() {
      isClosing = true;
      canary.close();
      breaker.close();
      await worker.close();
    },
  };
}

const FAILURES_SHOWN = 100;

/** Returns the batch that a job carries; undefined when the job is something else. */
function toBatch(job: Job<BatchJob, void>, signal: AbortSignal | undefined): BatchAtHand | undefined {
  const { eventIds, traceparents } = (job.data ?? {}) as Partial<BatchJob>;
  if (!isUuid(job.id) || !Array.isArray(eventIds) || eventIds.length === 0 || !eventIds.every(isUuid)) return undefined;
  return { id: job.id as string, eventIds: [...new Set(eventIds)], traceparents: traceparents ?? {}, crashes: job.stalledCounter, signal };
}
