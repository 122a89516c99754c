import type { DeliveryQueue } from '../platform/queues.ts';

const FRESH_MS = 1_000;

/** How full the queues are, known to the second: the backlog belongs into PostgreSQL, not into Redis. */
export interface Depths {
  isFull(consumer: string): Promise<boolean>;
  /** Deliveries that still fit into a consumer's queue, by a fresh count. */
  room(consumer: string): Promise<number>;
}

/** Watches the queues against a budget of deliveries each. */
export function watchDepths(queue: (consumer: string) => DeliveryQueue, budget: number): Depths {
  const counted = new Map<string, { readonly at: number; readonly depth: number }>();

  async function count(consumer: string): Promise<number> {
    const { waiting = 0, delayed = 0, active = 0 } = await queue(consumer).getJobCounts('waiting', 'delayed', 'active');
    const depth = waiting + delayed + active;
    counted.set(consumer, { at: performance.now(), depth });
    return depth;
  }

  return {
    async isFull(consumer) {
      const last = counted.get(consumer);
      const depth = last !== undefined && performance.now() - last.at < FRESH_MS ? last.depth : await count(consumer);
      return depth >= budget;
    },
    room: async (consumer) => Math.max(0, budget - (await count(consumer))),
  };
}
