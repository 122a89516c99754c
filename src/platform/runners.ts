import type { Redis } from './redis.ts';

const BEAT_MS = 10_000;
const SILENT_MS = 60_000;

/** A consumer or a job that worker processes run. */
export type RunnerKind = 'consumer' | 'job';

interface RunnersOptions {
  readonly redis: Redis;
  readonly prefix: string;
}

const key = (prefix: string, kind: RunnerKind) => `${prefix}:runners:${kind}`;

/** Says every ten seconds which consumers and jobs this process runs, until stopped. */
export function announceRunners(
  { redis, prefix }: RunnersOptions,
  names: Readonly<Record<RunnerKind, readonly string[]>>,
): { close(): Promise<void> } {
  const beat = async () => {
    const now = await readClock(redis);
    for (const [kind, some] of Object.entries(names) as [RunnerKind, readonly string[]][]) {
      if (some.length > 0) await redis.zadd(key(prefix, kind), ...some.flatMap((name) => [now, name]));
    }
  };
  const beatOrSkip = () => void beat().catch(() => undefined);
  beatOrSkip();
  const timer = setInterval(beatOrSkip, BEAT_MS);
  return {
    async close() {
      clearInterval(timer);
      // Other processes that run the same say so again within ten seconds.
      for (const [kind, some] of Object.entries(names) as [RunnerKind, readonly string[]][]) {
        if (some.length > 0) await redis.zrem(key(prefix, kind), ...some).catch(() => undefined);
      }
    },
  };
}

/** Lists those of the names that no process has run for a minute. */
export async function listUnattended({ redis, prefix }: RunnersOptions, kind: RunnerKind, names: readonly string[]): Promise<readonly string[]> {
  const running = new Set(await redis.zrangebyscore(key(prefix, kind), (await readClock(redis)) - SILENT_MS, '+inf'));
  return names.filter((name) => !running.has(name));
}

/** Reads the clock of Redis in milliseconds: machines' own clocks may be apart. */
const readClock = async (redis: Redis): Promise<number> => Number((await redis.time())[0]) * 1_000;
