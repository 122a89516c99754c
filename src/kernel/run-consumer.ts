import { DelayedError, type Job, UnrecoverableError } from 'bullmq';
import { validate as isUuid } from 'uuid';
import type { ConsumerMetrics } from '../platform/metrics.ts';
import { type Delivery, type DeliveryQueue, openWorker } from '../platform/queues.ts';
import type { Redis } from '../platform/redis.ts';
import { fromMetadata, inSpan, type SpanOptions } from '../platform/telemetry.ts';
import { makeBatcher } from './batcher.ts';
import { makeBreaker } from './breaker.ts';
import { startCanary } from './canary.ts';
import type { Consumer, Reaction } from './consumer.ts';
import type { Runtime } from './deliver.ts';
import { Permanent, toError } from './errors.ts';
import { judge } from './judge.ts';
import { makePerformer } from './perform.ts';
import { react } from './react.ts';

const BATCH_LIMIT = 500;
const CRASHES_TO_DEATH = 25; // workers that a delivery may take down with it; a campaign of kill -9 stays below

export interface RunOptions<Ports> extends Runtime<Ports> {
  readonly redis: Redis;
  readonly queue: DeliveryQueue;
  readonly prefix: string;
  readonly lockMs: number;
  readonly canaryMs: number;
  /** Deliveries that begin in a second, in all processes together; unlimited when absent. */
  readonly perSecond?: number | undefined;
  readonly metrics: ConsumerMetrics;
  /** This worker no longer takes the work that waits: only a new process can help. */
  readonly onStuck: (consumer: string) => void;
}

/** Consumes one delivery, or rejects with what stood in its way. */
type Consume = (eventId: string, held: AbortSignal | undefined) => Promise<void>;

export interface RunningConsumer {
  /** Takes no more jobs and ends those at hand. */
  close(): Promise<void>;
}

/** Runs a consumer on its queue until closed: retries, dead letters, outages and parking are decided here. */
export function runConsumer<Ports>(consumer: Consumer<Ports>, options: RunOptions<Ports>): RunningConsumer {
  const { sql, queue, metrics, redis, prefix, lockMs, canaryMs, perSecond, onStuck } = options;
  const { name } = consumer;
  const log = options.log.child({ consumer: name });
  const runtime = { sql, log, ports: options.ports, poke: options.poke };
  const onConsumed = (event: Parameters<ConsumerMetrics['consumed']>[1]) => metrics.consumed(name, event);
  const consume = consumer.kind === 'reaction' ? reacting(consumer) : makePerformer(consumer, runtime, onConsumed);

  function reacting(reaction: Reaction<Ports>): Consume {
    return makeBatcher({ name: `react ${name}`, limit: BATCH_LIMIT, run: (batch) => react(reaction, runtime, batch, onConsumed) });
  }

  async function process(job: Job<Delivery, void>, token?: string, held?: AbortSignal): Promise<void> {
    canary.progress();
    const eventId: unknown = (job.data as Partial<Delivery> | null)?.eventId;
    if (!isUuid(eventId)) return refuse(job);
    try {
      if (job.stalledCounter > CRASHES_TO_DEATH) throw new Permanent(`${job.stalledCounter} workers went down with it`);
      await inSpan(`process ${name}`, spanOf(name, job), () => consume(eventId as string, held));
      breaker.reset();
    } catch (thrown) {
      const delayMs = await judge(eventId as string, toError(thrown), { sql, log, metrics, consumer, onUnavailable: breaker.trip });
      await job.moveToDelayed(Date.now() + delayMs, token);
      throw new DelayedError();
    } finally {
      canary.progress();
    }
  }

  function refuse(job: Job<Delivery, void>): never {
    metrics.failed(name);
    log.error({ jobId: job.id }, 'job is no delivery');
    throw new UnrecoverableError('this job names no event');
  }

  const breaker = makeBreaker({
    hold: () => {
      metrics.held(name, true);
      log.warn('consumer held: what it depends on is away');
      void worker.pause(true);
    },
    release: () => {
      metrics.held(name, false);
      worker.resume();
    },
  });
  const worker = openWorker(name, process, {
    redis, prefix, lockMs, perSecond, concurrency: consumer.concurrency,
    onError: (error) => log.debug({ error }, 'worker reported an error'),
  });
  const canary = startCanary({
    withinMs: canaryMs,
    waiting: () => queue.getWaitingCount(),
    held: () => breaker.held,
    onDeath: () => onStuck(name),
  });
  void worker.run();

  return {
    async close() {
      canary.close();
      breaker.close();
      await worker.close();
    },
  };
}

/** A delivery's part in its event's trace: the relay's publication sets it off. */
const spanOf = (consumer: string, job: Job<Delivery, void>): SpanOptions => ({
  kind: 'CONSUMER',
  parent: fromMetadata(job.opts.telemetry?.metadata),
  attributes: {
    'messaging.system': 'bullmq',
    'messaging.operation.type': 'process',
    'messaging.operation.name': 'process',
    'messaging.destination.name': consumer,
    'messaging.message.id': job.id ?? '',
  },
});
