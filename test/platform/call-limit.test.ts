import { expect, test } from 'vitest';
import { limitCalls } from '../../src/platform/call-limit.ts';
import { connectRedis, isolatedRedis, redisPrefix } from '../support/redis.ts';

const PER_SECOND = 20;

/** Milliseconds that calls take which begin at once, taken in turn from each of the limits. */
async function take(limits: readonly ((wanted: number) => Promise<number>)[], calls: number): Promise<number> {
  const began = performance.now();
  await Promise.all(Array.from({ length: calls }, (_, call) => limits[call % limits.length]?.(1)));
  return performance.now() - began;
}

test('two processes share one limit: what one takes the other lacks', async () => {
  const { url, prefix } = redisPrefix();
  const open = async () => limitCalls({ redis: await connectRedis(url), prefix, name: 'deliver-email', perSecond: PER_SECOND });
  const limits = [await open(), await open()];
  expect(await take(limits, PER_SECOND)).toBeLessThan(900);
  const tookMs = await take(limits, 3 * PER_SECOND);
  expect(tookMs).toBeGreaterThan(2_000); // three more seconds begin, each with its calls
  expect(tookMs).toBeLessThan(5_000);
});

test('limits of other names are of their own', async () => {
  const { url, prefix } = redisPrefix();
  const redis = await connectRedis(url);
  const [email, push] = ['deliver-email', 'deliver-push'].map((name) => limitCalls({ redis, prefix, name, perSecond: PER_SECOND }));
  expect(await take([email, push].filter((limit) => limit !== undefined), 2 * PER_SECOND)).toBeLessThan(900);
});

test('calls go on while Redis is down', async () => {
  const server = await isolatedRedis();
  const redis = await connectRedis(server.url);
  const gone = new Promise((resolve) => redis.once('close', resolve));
  await server.stop();
  await gone;
  const limit = limitCalls({ redis, prefix: 'test', name: 'deliver-email', perSecond: PER_SECOND });
  expect(await take([limit], 5 * PER_SECOND)).toBeLessThan(5_000);
});

test('who wants many gets what is there, and not more', async () => {
  const { url, prefix } = redisPrefix();
  const limit = limitCalls({ redis: await connectRedis(url), prefix, name: 'deliver-email', perSecond: 400 });
  expect(await limit(25)).toBe(10); // a fortieth of a second's calls
  expect(await limit(3)).toBe(3);
  expect(await limit(25)).toBe(7);
});
