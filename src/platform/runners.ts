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
): { close(): void } {
  const beat = () => {
    for (const [kind, some] of Object.entries(names) as [RunnerKind, readonly string[]][]) {
      if (some.length > 0) redis.zadd(key(prefix, kind), ...some.flatMap((name) => [Date.now(), name])).catch(() => undefined);
    }
  };
  beat();
  const timer = setInterval(beat, BEAT_MS);
  return { close: () => clearInterval(timer) };
}

/** Lists those of the names that no process has run for a minute. */
export async function listUnattended({ redis, prefix }: RunnersOptions, kind: RunnerKind, names: readonly string[]): Promise<readonly string[]> {
  const running = new Set(await redis.zrangebyscore(key(prefix, kind), Date.now() - SILENT_MS, '+inf'));
  return names.filter((name) => !running.has(name));
}
