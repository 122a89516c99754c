import { type BatchQueue, generationKey } from '../platform/queues.ts';
import { type Redis, runPipeline } from '../platform/redis.ts';

/** How full a queue is, and in which life of Redis. */
export interface QueueState {
  readonly consumer: string;
  /** Batches that wait. */
  readonly waiting: number;
  /** Batches that may always wait: as many as are being worked on, at least four. */
  readonly floor: number;
  /** The value that relays advance; 0 where Redis has none. */
  readonly generation: number;
}

const LOWEST_FLOOR = 4;
const COMMANDS = 4; // of one queue

/**
 * Reads every queue in one round trip.
 * @throws {Unavailable} when Redis refuses or does not answer.
 */
export async function readQueues(redis: Redis, queues: readonly BatchQueue[]): Promise<readonly QueueState[]> {
  if (queues.length === 0) return [];
  const pipeline = redis.pipeline();
  for (const queue of queues) {
    pipeline.llen(queue.toKey('wait'));
    pipeline.zcard(queue.toKey('prioritized'));
    pipeline.llen(queue.toKey('active'));
    pipeline.get(generationKey(queue));
  }
  const values = (await runPipeline(pipeline)).map((value) => Number(value ?? 0));
  return queues.map(({ name: consumer }, index) => {
    const [wait = 0, prioritized = 0, active = 0, generation = 0] = values.slice(index * COMMANDS, (index + 1) * COMMANDS);
    return { consumer, waiting: wait + prioritized, floor: Math.max(LOWEST_FLOOR, active), generation };
  });
}
