import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { openLog } from '../../src/platform/log.ts';
import { openQueue, openWorker } from '../../src/platform/queues.ts';
import {
  callRedis, openPatientRedis, openRedis, type Redis, type RedisOptions, whenReady,
} from '../../src/platform/redis.ts';
import { isUnavailable, Unavailable } from '../../src/platform/unavailable.ts';
import { openProxy } from '../support/proxy.ts';
import { isolatedRedis } from '../support/redis.ts';
import { until } from '../support/until.ts';

const log = openLog({ process: 'test', level: 'silent' });
const batchJob = (eventId: string) => ({ eventIds: [eventId], types: {}, lane: 'normal' });
const LIMITS = { silenceMs: 600, pingMs: 200 };
const WORKER = { prefix: 'test', concurrency: 1, lockMs: 30_000, onError: () => undefined };

async function opened(
  open: (options: RedisOptions) => Redis, url: string, limits: NonNullable<RedisOptions['limits']> = LIMITS,
): Promise<Redis> {
  const redis = open({ url, name: 'test', log, limits });
  onTestFinished(() => redis.disconnect());
  return whenReady(redis);
}

/** Tries until it works, and returns the milliseconds that took. */
async function msUntil(work: () => Promise<unknown>): Promise<number> {
  const beganAt = performance.now();
  await until('it works again', () => work().then(() => true, () => false), { deadlineMs: 15_000 });
  return performance.now() - beganAt;
}

test('a command on a path that went silent fails in time, and the connection is replaced', async () => {
  const proxy = await openProxy((await isolatedRedis()).url);
  const redis = await opened(openRedis, proxy.url, { ...LIMITS, pingMs: 60_000 });
  expect(proxy.silence()).toBe(1);
  await expect(redis.ping()).rejects.toSatisfy(isUnavailable);
  expect(await msUntil(() => redis.ping())).toBeLessThan(3_000);
  expect(proxy.carrying).toBe(1);
});

test.for([['that fails fast', openRedis], ['of a subscriber', openPatientRedis]] as const)(
  'a connection %s on which nobody asks leaves a silent path too', async ([, open]) => {
    const proxy = await openProxy((await isolatedRedis()).url);
    await opened(open, proxy.url);
    proxy.silence();
    await until('there is another connection', () => proxy.carrying === 1);
  },
);

test('a subscriber hears what is published after its path went silent', async () => {
  const server = await isolatedRedis();
  const proxy = await openProxy(server.url);
  const [ear, mouth] = [await opened(openPatientRedis, proxy.url), await opened(openRedis, server.url)];
  const heard: string[] = [];
  ear.on('message', (_, message) => heard.push(message));
  await ear.subscribe('news');
  proxy.silence();
  await until('it hears again', async () => {
    await mouth.publish('news', 'again');
    return heard.length > 0;
  });
});

test('a patient command waits for the new connection', async () => {
  const proxy = await openProxy((await isolatedRedis()).url);
  const redis = await opened(openPatientRedis, proxy.url, { ...LIMITS, pingMs: 60_000 });
  proxy.silence();
  expect(await redis.set('key', 'value')).toBe('OK');
});

test('a worker whose connections went silent works on and closes', { timeout: 40_000 }, async () => {
  const proxy = await openProxy((await isolatedRedis()).url);
  // A worker blocks for five seconds.
  const redis = await opened(openPatientRedis, proxy.url, { silenceMs: 6_000, pingMs: 500 });
  const queue = openQueue('deaf', { redis: await opened(openRedis, proxy.url), prefix: 'test' });
  const done: string[] = [];
  const worker = openWorker('deaf', async ({ data }) => void done.push(...data.eventIds), { redis, ...WORKER });
  void worker.run();
  await queue.add('one', batchJob('before'));
  await until('the first is done', () => done.length === 1);
  expect(proxy.silence()).toBe(3);
  expect(await msUntil(() => queue.add('two', batchJob('after')))).toBeLessThan(5_000);
  await until('the second is done', () => done.includes('after'), { deadlineMs: 15_000 });
  proxy.silence();
  await worker.close();
});

test.for([
  ['without Redis', LIMITS, true],
  ['on a path that went silent a moment ago', {}, false],
] as const)('a worker closes %s, though a job cannot say that it is done', { timeout: 30_000 }, async ([, limits, isDeaf]) => {
  const server = await isolatedRedis();
  const proxy = await openProxy(server.url);
  const redis = await opened(openPatientRedis, proxy.url, limits);
  const queue = openQueue('gone', { redis: await opened(openRedis, server.url), prefix: 'test' });
  const begun = Promise.withResolvers<void>();
  const end = Promise.withResolvers<void>();
  const work = () => {
    begun.resolve();
    return end.promise;
  };
  const worker = openWorker('gone', work, { redis, ...WORKER });
  void worker.run().catch(() => undefined);
  await queue.add('one', batchJob('one'));
  await begun.promise;
  proxy.setDeaf(isDeaf);
  proxy.silence();
  end.resolve();
  const beganAt = performance.now();
  await worker.close();
  expect(performance.now() - beganAt).toBeLessThan(8_000);
});

test.for([['that fails fast', openRedis, 1], ['that is patient', openPatientRedis, 0]] as const)(
  'a connection %s to a node that was demoted is led to the primary', async ([, open, failures]) => {
    const [old, primary] = [await isolatedRedis(), await isolatedRedis()];
    const proxy = await openProxy(old.url);
    const redis = await opened(open, proxy.url, {});
    const { hostname, port } = new URL(primary.url);
    await (await opened(openRedis, old.url)).replicaof(hostname, Number(port));
    proxy.switchTo(primary.url);
    let failed = 0;
    const write = () => redis.set('key', 'value').catch((error: unknown) => {
      failed += 1;
      throw error;
    });
    if (failures > 0) await expect(write()).rejects.toThrow('READONLY');
    expect(await msUntil(write)).toBeLessThan(2_000);
    expect(await (await opened(openRedis, primary.url)).get('key')).toBe('value');
  },
);

test('a node that stays demoted gets a new connection a second, not a storm of them', async () => {
  const [old, primary] = [await isolatedRedis(), await isolatedRedis()];
  const proxy = await openProxy(old.url);
  const redis = await opened(openPatientRedis, proxy.url, {});
  const { hostname, port } = new URL(primary.url);
  await (await opened(openRedis, old.url)).replicaof(hostname, Number(port));
  redis.set('key', 'value').catch(() => undefined);
  await sleep(3_000);
  expect(proxy.accepted).toBeGreaterThan(2);
  expect(proxy.accepted).toBeLessThan(8);
});

test('a worker whose commands are refused asks a few times a second', async () => {
  const server = await isolatedRedis();
  const watcher = await opened(openRedis, server.url);
  const redis = await opened(openPatientRedis, server.url, {});
  const queue = openQueue('full', { redis: watcher, prefix: 'test' });
  await queue.add('one', batchJob('one'));
  await watcher.config('SET', 'maxmemory', '1mb');
  const worker = openWorker('full', async () => undefined, { redis, ...WORKER });
  void worker.run();
  const refused = async () => Number(/errorstat_OOM:count=(\d+)/.exec(await watcher.info('errorstats'))?.[1] ?? 0);
  await until('Redis has refused', async () => (await refused()) > 0);
  await sleep(2_000);
  expect(await refused()).toBeLessThan(20);
  await watcher.config('SET', 'maxmemory', '0');
  await worker.close();
});

test('whatever Redis fails with is unavailable where it is called, and what works comes through', async () => {
  expect(await callRedis(async () => 1)).toBe(1);
  await expect(callRedis(async () => { throw new Error('WRONGTYPE or anything'); })).rejects.toThrow(Unavailable);
});
