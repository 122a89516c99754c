import type { BatchQueue } from '../../platform/queues.ts';

/** Batches in a consumer's queue. */
export interface QueueStanding {
  readonly active: number;
  readonly oldestWaitingMs: number;
  readonly isPaused: boolean;
}

/** The queues by their consumers; undefined while Redis is away. */
export async function readQueues(
  queues: () => Promise<readonly BatchQueue[] | undefined>,
): Promise<ReadonlyMap<string, QueueStanding> | undefined> {
  try {
    const open = await queues();
    return open && new Map(await Promise.all(open.map(async (queue) => [queue.name, await readQueue(queue)] as const)));
  } catch {
    return undefined;
  }
}

async function readQueue(queue: BatchQueue): Promise<QueueStanding> {
  const [{ active = 0 }, [first], isPaused] = await Promise.all([
    queue.getJobCounts('active'), queue.getJobs(['waiting'], 0, 0, true), queue.isPaused(),
  ]);
  return { active, isPaused, oldestWaitingMs: first === undefined ? 0 : Math.max(0, Date.now() - first.timestamp) };
}
