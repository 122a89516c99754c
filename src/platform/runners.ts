import type { Redis } from './redis.ts';

const BEAT_MS = 10_000;
const SILENT_MS = 60_000;
const LEFT_MS = SILENT_MS - 1.5 * BEAT_MS; // others that run the same say so within a beat

/** A consumer or a job that worker processes run. */
export type RunnerKind = 'consumer' | 'job';

interface RunnersOptions {
  readonly redis: Redis;
  readonly prefix: string;
}

const key = (prefix: string, kind: RunnerKind) => `${prefix}:runners:${kind}`;

/** Returns the milliseconds of Redis' clock: those of the machines may differ. */
async function nowOf(redis: Redis): Promise<number> {
  const [seconds] = await redis.time();
  return Number(seconds) * 1_000;
}

/** Says every ten seconds which consumers and jobs this process runs. Once closed, they count as run for 15 seconds more. */
export function announceRunners(
  { redis, prefix }: RunnersOptions,
  names: Readonly<Record<RunnerKind, readonly string[]>>,
): { close(): Promise<void> } {
  async function announce(agoMs: number): Promise<void> {
    const at = (await nowOf(redis)) - agoMs;
    const pipeline = redis.pipeline();
    for (const [kind, some] of Object.entries(names) as [RunnerKind, readonly string[]][]) {
      if (some.length > 0) pipeline.zadd(key(prefix, kind), ...some.flatMap((name) => [at, name]));
    }
    await pipeline.exec();
  }
  const say = (agoMs: number) => announce(agoMs).catch(() => undefined);
  void say(0);
  const timer = setInterval(() => void say(0), BEAT_MS);
  return {
    async close() {
      clearInterval(timer);
      await say(LEFT_MS);
    },
  };
}

/** Lists those of the names that no process has run for a minute. */
export async function listUnattended(
  { redis, prefix }: RunnersOptions,
  kind: RunnerKind,
  names: readonly string[],
): Promise<readonly string[]> {
  const running = new Set(await redis.zrangebyscore(key(prefix, kind), (await nowOf(redis)) - SILENT_MS, '+inf'));
  return names.filter((name) => !running.has(name));
}
