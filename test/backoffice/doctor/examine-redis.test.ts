import { expect, test } from 'vitest';
import { examineRedis } from '../../../src/backoffice/doctor/examine-redis.ts';
import { complaints, findingOf } from '../../support/findings.ts';
import { connectRedis, isolatedRedis } from '../../support/redis.ts';

async function setUp() {
  const server = await isolatedRedis();
  return { server, redis: await connectRedis(server.url) };
}

test('a Redis that keeps its jobs is fine, by its log or by its snapshots', async () => {
  const { redis } = await setUp();
  await redis.config('SET', 'appendonly', 'yes');
  expect(complaints(await examineRedis(redis))).toEqual([]);
  await redis.config('SET', 'appendonly', 'no');
  await redis.config('SET', 'save', '60 1');
  expect(complaints(await examineRedis(redis))).toEqual([]);
});

test('a Redis that may throw jobs away is a problem, and says how it is mended', async () => {
  const { redis } = await setUp();
  await redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
  expect(findingOf(await examineRedis(redis), 'redis policy')).toMatchObject({
    verdict: 'problem', found: expect.stringContaining('allkeys-lru'), todo: expect.stringContaining('noeviction'),
  });
});

test('a Redis that a restart empties is a warning', async () => {
  const { redis } = await setUp();
  expect(complaints(await examineRedis(redis))).toEqual(['redis persistence: warning']);
});

test('a Redis that is away is a problem', async () => {
  const { server, redis } = await setUp();
  const gone = new Promise((resolve) => redis.once('close', resolve));
  await server.stop();
  await gone;
  expect(complaints(await examineRedis(redis))).toEqual(['redis: problem']);
});
