import { expect, test } from 'vitest';
import { assertKeepsJobs, whenReady } from '../../src/platform/redis.ts';
import { connectRedis, isolatedRedis } from '../support/redis.ts';

test('a Redis that may throw jobs away is refused, with the setting and what it has to be', async () => {
  const redis = await connectRedis((await isolatedRedis()).url);
  await assertKeepsJobs(redis);
  for (const policy of ['allkeys-lru', 'volatile-lru', 'volatile-ttl']) {
    await redis.config('SET', 'maxmemory-policy', policy);
    const refusal = `REDIS_URL: maxmemory-policy is ${policy}; set it to noeviction`;
    await expect(assertKeepsJobs(redis)).rejects.toThrow(refusal);
  }
});

test('a connection of who cannot wait fails at once while Redis is away, and works when it is back', async () => {
  const server = await isolatedRedis();
  const redis = await connectRedis(server.url);
  const away = new Promise((resolve) => redis.once('close', resolve));
  server.kill('SIGKILL');
  await away;
  const askedAt = performance.now();
  await expect(redis.ping()).rejects.toThrow();
  expect(performance.now() - askedAt).toBeLessThan(1_000); // a command that has to wait is given up after five seconds
  await server.restart();
  expect(await (await whenReady(redis)).ping()).toBe('PONG');
});
