import { Queue, Worker, type Processor } from 'bullmq';
import { limitClose, type QueueOptions, type WorkerOptions } from './queues.ts';

export type AlarmQueue = Queue<object, void, string>;

const NAME = 'jobs';

/** The queue of all jobs' alarms; BullMQ's job schedulers ring in it. */
export function openAlarms({ redis, prefix }: QueueOptions): AlarmQueue {
  const queue: AlarmQueue = new Queue(NAME, {
    connection: redis,
    prefix,
    skipWaitingForReady: true,
    defaultJobOptions: { removeOnComplete: true, removeOnFail: { count: 100 }, stackTraceLimit: 0 },
  });
  queue.on('error', () => undefined); // the connection has reported it
  return queue;
}

/** Who hears alarms; it does not run until told. */
export function openAlarmWorker(
  process: Processor<object, void, string>,
  { redis, prefix, concurrency, lockMs, onError }: WorkerOptions,
): Worker<object, void, string> {
  const worker: Worker<object, void, string> = new Worker(NAME, process, {
    connection: redis, prefix, concurrency, autorun: false,
    lockDuration: lockMs, stalledInterval: lockMs, maxStalledCount: Number.MAX_SAFE_INTEGER,
    removeOnComplete: { count: 0 },
  });
  worker.on('error', onError);
  return limitClose(worker, redis);
}
