import { callRedis, type Redis } from '../platform/redis.ts';

const SCRIPT = "return redis.call('set', KEYS[1], '1', 'px', 60000)";

/**
 * Proves that Redis takes writes and scripts, so that events stay pending while it does not.
 * @throws {Unavailable}
 */
export async function probeRedis(redis: Redis, key: string): Promise<void> {
  await callRedis(() => redis.eval(SCRIPT, 1, key));
}
