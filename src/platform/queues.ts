import { setTimeout as sleep } from 'node:timers/promises';
import { Queue, Worker, type Processor } from 'bullmq';
import type { Redis } from './redis.ts';

/** Deliveries of one consumer: a claim check, the events themselves stay in PostgreSQL. */
export interface BatchJob {
  readonly eventIds: readonly string[];
  /** Deliveries of each event type. */
  readonly types: Readonly<Record<string, number>>;
  readonly lane: string;
  /** W3C trace context by event id, of deliveries whose trace is recorded. */
  readonly traceparents?: Readonly<Record<string, string>>;
}
export type BatchQueue = Queue<BatchJob, void, string>;
export type BatchWorker = Worker<BatchJob, void, string>;

export interface QueueOptions {
  readonly redis: Redis;
  /** Namespace of our keys in Redis. */
  readonly prefix: string;
}

const FAILED_KEPT = 1_000; // for the eye in Bull Board; the durable record is `dead_letter`
const STREAM_EVENTS_KEPT = 100;

/** The queue of one consumer, named after it. */
export function openQueue(name: string, { redis, prefix }: QueueOptions): BatchQueue {
  const queue: BatchQueue = new Queue(name, {
    connection: redis,
    prefix,
    skipWaitingForReady: true,
    streams: { events: { maxLen: STREAM_EVENTS_KEPT } },
    defaultJobOptions: { removeOnComplete: true, removeOnFail: { count: FAILED_KEPT }, stackTraceLimit: 0 },
  });
  queue.on('error', () => undefined); // the connection has reported it
  return queue;
}

export interface WorkerOptions extends QueueOptions {
  readonly concurrency: number;
  /** Milliseconds a job stays ours without a sign of life. */
  readonly lockMs: number;
  readonly onError: (error: Error) => void;
}

/** A worker that does not run until told. Stalled jobs go back without limit: three kill -9 must not fail an innocent. */
export function openWorker(
  name: string,
  process: Processor<BatchJob, void, string>,
  { redis, prefix, concurrency, lockMs, onError }: WorkerOptions,
): BatchWorker {
  const worker: BatchWorker = new Worker(name, process, {
    connection: redis,
    prefix,
    concurrency,
    autorun: false,
    lockDuration: lockMs,
    stalledInterval: lockMs,
    maxStalledCount: Number.MAX_SAFE_INTEGER,
    removeOnComplete: { count: 0 },
    removeOnFail: { count: FAILED_KEPT },
  });
  worker.on('error', onError);
  return limitClose(worker, redis);
}

const UNREACHABLE_MS = 5_000;

/**
 * Lets `close()` end although Redis is unreachable: otherwise a job that cannot say that it is done holds it up for ever.
 * The job's lock runs out, and another worker takes it.
 */
export function limitClose<T extends { close(force?: boolean): Promise<void> }>(
  worker: T, redis: Redis, withinMs = UNREACHABLE_MS,
): T {
  const close = worker.close.bind(worker);
  return Object.assign(worker, {
    close: async (force?: boolean) => {
      const stop = new AbortController();
      await Promise.race([close(force), whenUnreachable(redis, withinMs, stop.signal)]).finally(() => stop.abort());
    },
  });
}

/** Resolves once Redis has not answered for so long. A path that went silent looks ready for a while. */
async function whenUnreachable(redis: Redis, forMs: number, stop: AbortSignal): Promise<void> {
  for (let answeredAt = performance.now(); performance.now() - answeredAt < forMs && !stop.aborted;) {
    await sleep(forMs / 10);
    if (redis.status === 'ready') redis.ping().then(() => (answeredAt = performance.now()), () => undefined);
  }
}

/** Key of the value that relays advance as they publish: where it is behind, this queue's jobs were lost. */
export const generationKey = (queue: BatchQueue): string => queue.toKey('columna-generation');

/** Opens each queue when it is first asked for, and anew while Redis was away at that: BullMQ never tries again. */
export function queuesByName(options: QueueOptions): (name: string) => BatchQueue {
  const open = new Map<string, BatchQueue>();
  return (name) => {
    const known = open.get(name);
    if (known !== undefined) return known;
    const queue = openQueue(name, options);
    open.set(name, queue);
    queue.waitUntilReady().catch(() => open.delete(name));
    return queue;
  };
}
