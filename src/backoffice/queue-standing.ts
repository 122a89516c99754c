import type { DeliveryQueue } from '../platform/queues.ts';

/** What waits in a consumer's queue. */
export interface QueueStanding {
  readonly waiting: number;
  readonly active: number;
  readonly delayed: number;
  readonly oldestWaitingMs: number;
  readonly isPaused: boolean;
}

/** The queues by their consumers; undefined while Redis is away. */
export async function readQueues(
  queues: () => Promise<readonly DeliveryQueue[] | undefined>,
): Promise<ReadonlyMap<string, QueueStanding> | undefined> {
  try {
    const open = await queues();
    return open && new Map(await Promise.all(open.map(async (queue) => [queue.name, await readQueue(queue)] as const)));
  } catch {
    return undefined;
  }
}

async function readQueue(queue: DeliveryQueue): Promise<QueueStanding> {
  const [{ waiting = 0, active = 0, delayed = 0 }, [first], isPaused] = await Promise.all([
    queue.getJobCounts('waiting', 'active', 'delayed'), queue.getJobs(['waiting'], 0, 0, true), queue.isPaused(),
  ]);
  return { waiting, active, delayed, isPaused, oldestWaitingMs: first === undefined ? 0 : Math.max(0, Date.now() - first.timestamp) };
}
