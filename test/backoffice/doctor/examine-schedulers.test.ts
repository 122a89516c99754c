import { expect, onTestFinished, test } from 'vitest';
import { examineSchedulers } from '../../../src/backoffice/doctor/examine-schedulers.ts';
import { defineJob } from '../../../src/kernel/jobs/job.ts';
import { openAlarms } from '../../../src/platform/alarms.ts';
import { findingOf, complaints } from '../../support/findings.ts';
import { connectRedis, redisPrefix } from '../../support/redis.ts';

const HOUR_MS = 3_600_000;
const job = (name: string) => defineJob<object>({ name, schedule: { everyMs: HOUR_MS }, run: () => Promise.resolve() });

/** An alarm for `rings`. */
async function setUp() {
  const { url, prefix } = redisPrefix();
  const redis = await connectRedis(url);
  const alarms = openAlarms({ redis, prefix });
  onTestFinished(() => alarms.close());
  const set = (name: string) => alarms.upsertJobScheduler(name, { every: HOUR_MS }, { name, data: {} });
  await set('rings');
  return { redis, prefix, set, examine: (...names: string[]) => examineSchedulers(names.map(job), { redis, prefix }) };
}

test('jobs that have an alarm ahead are fine', async () => {
  const { examine } = await setUp();
  expect(complaints(await examine('rings'))).toEqual([]);
});

test('a job without an alarm, and one whose alarm should have rung long ago, are named', async () => {
  const { redis, prefix, set, examine } = await setUp();
  await set('silent');
  await redis.zadd(`${prefix}:jobs:repeat`, Date.now() - HOUR_MS, 'silent');
  await redis.hset(`${prefix}:jobs:repeat:silent`, 'next', Date.now() - HOUR_MS);
  expect(findingOf(await examine('missing', 'rings', 'silent'), 'schedulers')).toMatchObject({
    verdict: 'warning', found: 'No alarm is set for, or none rang lately of: missing, silent.', todo: expect.stringContaining('worker'),
  });
});

test('an alarm that is no job’s is named', async () => {
  const { set, examine } = await setUp();
  await set('forgotten');
  expect(findingOf(await examine('rings'), 'orphan schedulers')).toMatchObject({
    verdict: 'warning', found: 'Alarms of no job of this release: forgotten.',
  });
});
