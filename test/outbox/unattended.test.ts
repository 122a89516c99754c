import { expect, test } from 'vitest';
import { observeUnattended } from '../../src/outbox/unattended.ts';
import { openRegistry } from '../../src/platform/metrics.ts';
import { announceRunners } from '../../src/platform/runners.ts';
import { figures } from '../support/figures.ts';
import { connectRedis, isolatedRedis, redisPrefix } from '../support/redis.ts';
import { until } from '../support/until.ts';

/** A gauge of two consumers and a job over a Redis, and what a worker announces there. */
async function observed(url: string, prefix: string) {
  const redis = await connectRedis(url);
  const registry = openRegistry();
  const names = { consumer: ['first', 'second'], job: ['nightly'] };
  observeUnattended({ registry, redis, prefix, names: async () => names });
  const scrape = async () => Object.fromEntries(
    Object.entries(figures(await registry.metrics())).filter(([series]) => series.startsWith('unattended'))
      .map(([series, value]) => [/name="(\w+)"/.exec(series)?.[1], value]),
  );
  return { redis, names, scrape, key: (kind: string) => `${prefix}:runners:${kind}` };
}

test('a consumer or job is unattended until a worker announces it, and again a minute after the last announcement', async () => {
  const { url, prefix } = redisPrefix();
  const { redis, scrape, key, names } = await observed(url, prefix);
  expect(await scrape()).toEqual({ first: 1, second: 1, nightly: 1 });
  const announced = announceRunners({ redis, prefix }, { consumer: ['first', 'second'], job: ['nightly'] });
  await until('all are announced', async () => Object.values(await scrape()).every((value) => value === 0));
  announced.close();
  const announcedAt = async () => Number(await redis.zscore(key('consumer'), 'first'));
  await until('the end is announced', async () => (await announcedAt()) <= Date.now() - 45_000);
  expect(await scrape()).toEqual({ first: 0, second: 0, nightly: 0 }); // another worker may run them
  await redis.zadd(key('consumer'), Date.now() - 61_000, 'second');
  expect(await scrape()).toEqual({ first: 0, second: 1, nightly: 0 });
  names.consumer = ['first'];
  expect(await scrape()).toEqual({ first: 0, nightly: 0 });
});

test('while Redis is unavailable the gauge stays as it was', async () => {
  const server = await isolatedRedis();
  const { redis, scrape } = await observed(server.url, 'test');
  announceRunners({ redis, prefix: 'test' }, { consumer: ['first'], job: ['nightly'] }).close();
  await until('both are announced', async () => Object.values(await scrape()).join() === '0,1,0');
  const gone = new Promise((resolve) => redis.once('close', resolve));
  await server.stop();
  await gone;
  expect(await scrape()).toEqual({ first: 0, second: 1, nightly: 0 });
});
