import { expect, test } from 'vitest';
import { examineRunners } from '../../../src/backoffice/doctor/examine-runners.ts';
import { announceRunners } from '../../../src/platform/runners.ts';
import { complaints, findingOf } from '../../support/findings.ts';
import { connectRedis, redisPrefix } from '../../support/redis.ts';
import { until } from '../../support/until.ts';

const runnable = { consumers: ['first', 'second'], jobs: ['nightly', 'hourly'] };

async function setUp() {
  const { url, prefix } = redisPrefix();
  const redis = await connectRedis(url);
  return { redis, prefix, examine: () => examineRunners(runnable, { redis, prefix }) };
}

test('workers that run everything together are fine, whoever runs what', async () => {
  const { redis, prefix, examine } = await setUp();
  announceRunners({ redis, prefix }, { consumer: ['first'], job: [] }).close();
  announceRunners({ redis, prefix }, { consumer: ['second'], job: ['nightly', 'hourly'] }).close();
  await until('nothing is wrong', async () => complaints(await examine()).length === 0);
});

test('a consumer and a job that no worker runs are problems, by their names', async () => {
  const { redis, prefix, examine } = await setUp();
  announceRunners({ redis, prefix }, { consumer: ['first'], job: ['nightly'] }).close();
  await until('what is announced is seen', async () => !findingOf(await examine(), 'jobs').found.includes('nightly'));
  const findings = await examine();
  expect(findingOf(findings, 'consumers')).toMatchObject({ verdict: 'problem', found: 'No worker runs: second.' });
  expect(findingOf(findings, 'jobs')).toMatchObject({ verdict: 'problem', found: 'No worker runs: hourly.' });
});
