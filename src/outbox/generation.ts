import { randomUUID } from 'node:crypto';
import type { Sql } from '../platform/postgres.ts';
import type { Redis } from '../platform/redis.ts';

export interface GenerationOptions {
  readonly sql: Sql;
  readonly redis: Redis;
  readonly prefix: string;
}

/** Watches a key in Redis that lives as long as the jobs beside it. */
export interface Generation {
  /** The life of Redis we are in, and the one whose jobs are accounted for; none before the first. */
  check(): Promise<{ readonly current: string; readonly accounted: string | undefined }>;
  /** From now on this life's jobs are accounted for. */
  acknowledge(current: string): Promise<void>;
}

/** Opens the watch: a key that is gone or another says that Redis was emptied. */
export function openGeneration({ sql, redis, prefix }: GenerationOptions): Generation {
  const key = `${prefix}:generation`;
  let acknowledged: string | undefined;

  async function current(): Promise<string> {
    const found = await redis.get(key);
    if (found !== null) return found;
    const born = randomUUID();
    await redis.set(key, born, 'NX');
    return (await redis.get(key)) ?? born;
  }

  return {
    async check() {
      const now = await current();
      if (now !== acknowledged) {
        const [row] = await sql<{ generation: string }[]>`
          select generation from redis_generation where prefix = ${prefix}
        `;
        acknowledged = row?.generation;
      }
      return { current: now, accounted: acknowledged };
    },

    async acknowledge(now) {
      await sql`
        insert into redis_generation (prefix, generation) values (${prefix}, ${now})
        on conflict (prefix) do update set generation = excluded.generation
      `;
      acknowledged = now;
    },
  };
}
