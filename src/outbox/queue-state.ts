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

const FRESH_MS = 20;

/** States of queues that are read again when they are old, or when a queue looks full. */
export interface RememberedQueues {
  read(): Promise<readonly QueueState[]>;
  /** Counts batches that were added since. */
  add(batches: readonly { readonly consumer: string }[]): void;
}

/** Remembers the states for 20 ms: at a low load most publications then ask Redis nothing. */
export function rememberQueues(readAll: () => Promise<readonly QueueState[]>): RememberedQueues {
  let states: readonly QueueState[] = [];
  let readAt = Number.NEGATIVE_INFINITY;
  return {
    async read() {
      const isOld = performance.now() - readAt > FRESH_MS || states.some(({ waiting, floor }) => waiting >= floor);
      if (isOld) {
        states = await readAll();
        readAt = performance.now();
      }
      return states;
    },
    add(batches) {
      const added = Map.groupBy(batches, ({ consumer }) => consumer);
      states = states.map((state) => ({ ...state, waiting: state.waiting + (added.get(state.consumer)?.length ?? 0) }));
    },
  };
}
