import { Registry } from 'prom-client';
import { expect, onTestFinished, test } from 'vitest';
import { defineJob, type Job } from '../../../src/kernel/jobs/job.ts';
import { runJobs } from '../../../src/kernel/jobs/run-jobs.ts';
import { openAlarms } from '../../../src/platform/alarms.ts';
import { jobMetrics } from '../../../src/platform/job-metrics.ts';
import { openLog } from '../../../src/platform/log.ts';
import { openPatientRedis, openRedis, whenReady } from '../../../src/platform/redis.ts';
import { registerJobs } from '../../../src/kernel/jobs/job-runs.ts';
import { createDatabase } from '../../support/database.ts';
import { redisPrefix } from '../../support/redis.ts';
import { until } from '../../support/until.ts';

/** Processes that run the jobs, on a database and keys of their own. */
async function world(jobs: readonly Job<object>[], processes = 1) {
  const { sql } = await createDatabase();
  await registerJobs(sql, jobs.map(({ name }) => name));
  const { url, prefix } = redisPrefix();
  const log = openLog({ process: 'test', level: 'silent' });
  const redis = await whenReady(openRedis({ url, name: 'test', log }));
  const alarms = openAlarms({ redis, prefix });
  const registry = new Registry();
  const metrics = jobMetrics(registry);
  const running = Array.from({ length: processes }, () => {
    const patient = openPatientRedis({ url, name: 'test-jobs', log });
    const jobsRunning = runJobs(jobs, {
      sql, log, prefix, redis: patient, ports: {}, leaseMs: 5_000, worker: 'test', watchMs: 200, metrics, alarms,
    });
    return { patient, close: jobsRunning.close };
  });
  onTestFinished(async () => {
    await Promise.all(running.map(async ({ patient, close }) => {
      await close();
      patient.disconnect();
    }));
    redis.disconnect();
  });
  return { sql, alarms, redis, running, registry };
}

test('a rhythm is kept: by several processes each slot is run once', async () => {
  const slots: number[] = [];
  const job = defineJob<object>({
    name: 'rhythm', schedule: { everyMs: 500 },
    run: async ({ scheduledFor, chunk }) => chunk('all', async () => void slots.push(scheduledFor.getTime())),
  });
  const { sql } = await world([job], 3);
  await until('some slots were run', () => slots.length >= 4, { deadlineMs: 15_000 });
  expect(new Set(slots).size).toBe(slots.length);
  const early = await sql`select from job_run where started_at < scheduled_for`;
  expect(early).toEqual([]);
});

test('an alarm that is gone is set again, and what it did not ring for is run all the same', async () => {
  const slots: number[] = [];
  const job = defineJob<object>({
    name: 'forgotten', schedule: { everyMs: 500 },
    run: async ({ scheduledFor }) => void slots.push(scheduledFor.getTime()),
  });
  const { alarms } = await world([job]);
  await until('the alarm is set', async () => (await alarms.getJobScheduler('forgotten')) !== undefined);
  await alarms.obliterate({ force: true });
  await alarms.removeJobScheduler('forgotten');
  const before = slots.length;
  await until('it is set again', async () => (await alarms.getJobScheduler('forgotten')) !== undefined);
  await until('and the job goes on', () => slots.length > before + 1);
});

test('an alarm whose schedule was changed rings by the new one', async () => {
  const job = defineJob<object>({ name: 'changed', schedule: { cron: '0 3 * * *', timeZone: 'America/Mexico_City' }, run: async () => undefined });
  const { alarms } = await world([job]);
  await until('the alarm is set', async () => (await alarms.getJobScheduler('changed'))?.pattern === '0 3 * * *');
  await alarms.upsertJobScheduler('changed', { pattern: '0 4 * * *', tz: 'UTC' }, { name: 'changed', data: {} });
  await until('it is set right', async () => {
    const { pattern, tz } = (await alarms.getJobScheduler('changed')) ?? {};
    return pattern === '0 3 * * *' && tz === 'America/Mexico_City';
  });
});

test('closing lets the piece at hand end', async () => {
  const reached = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  let ended = false;
  const job = defineJob<object>({
    name: 'slow', schedule: { everyMs: 300 },
    run: async ({ chunk }) => chunk('all', async () => {
      reached.resolve();
      await gate.promise;
      ended = true;
    }),
  });
  const { running } = await world([job]);
  await reached.promise;
  const closed = running[0]?.close();
  gate.resolve();
  await closed;
  expect(ended).toBe(true);
});
