import type { Redis } from '../../platform/redis.ts';
import { clockFinding } from './clock-finding.ts';
import { type Finding, fine, problem, warning } from '../../platform/finding.ts';

const LOWEST_VERSION = 6.2; // what BullMQ asks for

/** Looks at what Redis is: its version, whether it may throw jobs away, whether it keeps them over a restart, its clock. */
export async function examineRedis(redis: Redis): Promise<readonly Finding[]> {
  if (redis.status !== 'ready') {
    return [problem('redis', 'Redis is unavailable.', 'Start it, or fix REDIS_URL. PostgreSQL keeps the events until then.')];
  }
  const before = Date.now();
  const [seconds, micros] = await redis.time();
  const skewMs = Number(seconds) * 1_000 + Number(micros) / 1_000 - (before + Date.now()) / 2;
  const info = await redis.info();
  const read = (field: string) => new RegExp(`^${field}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? 'unknown';
  const [version, policy] = [read('redis_version'), read('maxmemory_policy')];
  const isKept = read('aof_enabled') === '1' || (await keepsSnapshots(redis));
  return [
    Number.parseFloat(version) >= LOWEST_VERSION
      ? fine('redis version', `Redis ${version}`)
      : problem('redis version', `Redis ${version}`, `Use ${LOWEST_VERSION} or later.`),
    policy === 'noeviction'
      ? fine('redis policy', 'Redis refuses to write before it throws jobs away.')
      : problem('redis policy', `maxmemory-policy is ${policy}: Redis may throw jobs away.`, 'Set maxmemory-policy to noeviction.'),
    isKept
      ? fine('redis persistence', 'Redis keeps its jobs over a restart.')
      : warning('redis persistence', 'Neither appendonly nor save is on: a restart empties the queues.', 'Set appendonly yes. Nothing is lost without it, but everything under way is published again.'),
    clockFinding('redis clock', 'Redis', skewMs),
  ];
}

/** False where it can't be asked, as with hosted servers that allow no CONFIG. */
async function keepsSnapshots(redis: Redis): Promise<boolean> {
  const answer = await redis.config('GET', 'save').catch(() => []);
  return Array.isArray(answer) && String(answer[1] ?? '') !== '';
}
