import type { Logger } from '../platform/log.ts';
import type { Sql } from '../platform/postgres.ts';
import { type BatchQueue, generationKey } from '../platform/queues.ts';
import { type Redis, runPipeline } from '../platform/redis.ts';
import type { QueueState } from './queue-state.ts';

const ADVANCE_MS = 250; // a loss of Redis younger than this is found by the sweep, after its grace
const FRESH_MS = 5_000;

export interface GenerationsOptions {
  readonly sql: Sql;
  readonly redis: Redis;
  readonly log: Logger;
  readonly queue: (consumer: string) => BatchQueue;
  /** Sweeps a consumer without grace. */
  readonly sweepLost: (consumer: string) => Promise<unknown>;
}

/**
 * Watches a value in Redis for each consumer, which lives as long as the jobs beside it. Relays advance the value while
 * they publish, so a Redis that was emptied, restored from a snapshot or replaced by a lagging replica is behind.
 */
export interface Generations {
  /** Names of all consumers. */
  consumers(): Promise<readonly string[]>;
  /** Sweeps the consumers whose value is behind, at once. Returns whether there were any. */
  restoreLost(states: readonly QueueState[]): Promise<boolean>;
  /** Advances the values of consumers to whom something is published, within a quarter of a second. */
  advanceSoon(consumers: readonly string[]): void;
  /** Advances what is left to advance, and stops. */
  close(): Promise<void>;
}

/** Opens the watch. */
export function watchGenerations({ sql, redis, log, queue, sweepLost }: GenerationsOptions): Generations {
  const values = new Map<string, number>();
  const published = new Set<string>();
  let readAt = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  let restoring: Promise<boolean> | undefined;

  async function consumers(): Promise<readonly string[]> {
    if (performance.now() - readAt > FRESH_MS) {
      const rows = await sql<{ name: string; generation: string }[]>`select name, generation from consumer order by name`;
      for (const { name, generation } of rows) raise(name, Number(generation));
      readAt = performance.now();
    }
    return [...values.keys()];
  }

  const raise = (consumer: string, value: number) => values.set(consumer, Math.max(value, values.get(consumer) ?? 0));

  /** Adds to the values in Redis, and puts the results on record. */
  async function advance(steps: ReadonlyMap<string, number>): Promise<void> {
    const names = [...steps.keys()].sort();
    const pipeline = redis.pipeline();
    for (const name of names) pipeline.incrby(generationKey(queue(name)), steps.get(name) ?? 1);
    const answers = await runPipeline(pipeline);
    const results = names.map((name, index) => ({ name, value: Number(answers[index]) }));
    await sql`
      update consumer set generation = greatest(generation, advanced.value)
      from unnest(${names}::text[], ${results.map(({ value }) => value)}::bigint[]) as advanced (name, value)
      where consumer.name = advanced.name
    `;
    for (const { name, value } of results) raise(name, value);
  }

  async function advancePublished(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const steps = new Map([...published].map((name) => [name, 1]));
    published.clear();
    if (steps.size > 0) await advance(steps).catch((error: unknown) => log.debug({ error }, 'generations not advanced'));
  }

  async function restore(lost: readonly QueueState[]): Promise<boolean> {
    for (const { consumer, generation } of lost) {
      log.warn({ consumer }, 'redis lost batches: publishing again what was in them');
      await sweepLost(consumer);
      await advance(new Map([[consumer, (values.get(consumer) ?? 0) + 1 - generation]]));
    }
    return true;
  }

  return {
    consumers,

    async restoreLost(states) {
      const lost = states.filter(({ consumer, generation }) => generation < (values.get(consumer) ?? 0));
      if (lost.length === 0) return false;
      restoring ??= restore(lost).finally(() => {
        restoring = undefined;
      });
      return restoring;
    },

    advanceSoon(names) {
      for (const name of names) published.add(name);
      timer ??= setTimeout(() => void advancePublished(), ADVANCE_MS);
    },

    close: advancePublished,
  };
}
