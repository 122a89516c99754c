import { Registry } from 'prom-client';
import { defineJob, type Job, type RunContext } from '../../src/kernel/jobs/job.ts';
import { runJob } from '../../src/kernel/jobs/run-job.ts';
import { jobMetrics } from '../../src/platform/job-metrics.ts';
import { openLog } from '../../src/platform/log.ts';
import { registerJobs } from '../../src/kernel/jobs/job-runs.ts';
import { createDatabase } from './database.ts';

export const halfAnHourAgo = Math.floor(Date.now() / 60_000) * 60_000 - 30 * 60_000; // late enough, and no slot is near
const HOURLY = { cron: `${new Date(halfAnHourAgo).getUTCMinutes()} * * * *`, timeZone: 'UTC' };
export const hoursAgo = (hours: number) => new Date(halfAnHourAgo - hours * 3_600_000);

export type Work = (context: RunContext<object>) => Promise<void>;

/** A database where the job was last planned so many hours ago, and what may be seen of it. */
export async function openJob(facts: Partial<Job<object>> & { readonly run: Work }, plannedHoursAgo = 0) {
  const { sql } = await createDatabase();
  const job = defineJob<object>({ name: 'hourly', schedule: HOURLY, ...facts });
  await registerJobs(sql, [job.name]);
  await sql`update job set planned_until = ${new Date(hoursAgo(plannedHoursAgo).getTime() + 1)}`;
  await sql`create table written (slot timestamptz, fence bigint, what text)`;
  const stop = new AbortController();
  const work = ({ job: changed = job, ...options }: { readonly leaseMs?: number; readonly stop?: AbortSignal; readonly job?: Job<object> } = {}) => runJob(changed, {
    sql, ports: {}, log: openLog({ process: 'test', level: 'silent' }), metrics: jobMetrics(new Registry()),
    worker: 'test', leaseMs: 30_000, stop: stop.signal, ...options,
  });
  return {
    sql, job, stop, work,
    ledger: async () => (await sql`select outcome, coalesce(': ' || reason, '') as reason from job_run order by scheduled_for`)
      .map(({ outcome, reason }) => `${String(outcome)}${String(reason)}`),
    written: async () => (await sql`select what from written order by slot, what`).map(({ what }) => String(what)),
  };
}

/** Writes one row in one piece. */
export const once: Work = ({ chunk, scheduledFor }) =>
  chunk('all', async ({ tx, fence }) => void (await tx`insert into written values (${scheduledFor}, ${String(fence)}, 'all')`));
