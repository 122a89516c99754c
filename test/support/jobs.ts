import { Registry } from 'prom-client';
import type { Job } from '../../src/kernel/jobs/job.ts';
import { runJob } from '../../src/kernel/jobs/run-job.ts';
import { openLog } from '../../src/platform/log.ts';
import { jobMetrics } from '../../src/platform/job-metrics.ts';
import type { Sql } from '../../src/platform/postgres.ts';
import { registerJobs } from '../../src/kernel/jobs/job-runs.ts';

interface SlotOptions<Ports> {
  readonly ports: Ports;
  readonly scheduledFor?: Date;
  /** The end of the last period that was run; by default none was, and the slot covers its whole period. */
  readonly coveredUntil?: Date | undefined;
  /** The time at which it runs; the slot's own unless given. */
  readonly now?: Date;
}

/** Runs one slot of a job, as a worker would. Returns its row of the ledger. No other slot is planned. */
export async function runSlot<Ports>(sql: Sql, job: Job<Ports>, options: SlotOptions<Ports>) {
  const { ports, scheduledFor = new Date(), coveredUntil, now = scheduledFor } = options;
  await registerJobs(sql, [job.name]);
  await sql`update job set planned_until = '2999-01-01', covered_until = ${coveredUntil ?? null} where name = ${job.name}`;
  await sql`
    insert into job_run (job_name, scheduled_for, time_zone)
    values (${job.name}, ${scheduledFor}, ${coveredUntil && 'cron' in job.schedule ? job.schedule.timeZone : null})
    on conflict (job_name, scheduled_for) do update set outcome = 'due', not_before = '-infinity'
  `;
  await sql`delete from job_chunk where job_name = ${job.name} and scheduled_for = ${scheduledFor}`;
  await runJob(job, {
    sql, ports, log: openLog({ process: 'test', level: 'silent' }), metrics: jobMetrics(new Registry()),
    worker: 'test', leaseMs: 30_000, now: () => now, stop: new AbortController().signal,
  });
  const [run] = await sql<{ outcome: string; reason: string | null; attempts: number }[]>`
    select outcome, reason, attempts from job_run where job_name = ${job.name} and scheduled_for = ${scheduledFor}
  `;
  if (run === undefined) throw new Error('the slot is not in the ledger');
  return run;
}
