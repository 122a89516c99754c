import type { Job } from '../../kernel/job.ts';
import type { AlarmQueue } from '../../platform/alarms.ts';
import type { Sql } from '../../platform/postgres.ts';
import { type Finding, fine, problem, warning } from './finding.ts';

const SILENT_MS = 120_000;

export interface Schedulers {
  readonly sql: Sql;
  readonly jobs: readonly Job<object>[];
  readonly alarms: AlarmQueue;
}

/** Looks for jobs without an alarm, alarms that are silent or nobody's, and slots that nobody takes. */
export async function examineSchedulers({ sql, jobs, alarms }: Schedulers): Promise<readonly Finding[]> {
  const schedulers = await alarms.getJobSchedulers(0, -1);
  const known = new Set(jobs.map(({ name }) => name));
  const next = new Map(schedulers.map((scheduler) => [scheduler.key, scheduler.next ?? 0]));
  const silent = jobs.filter(({ name }) => (next.get(name) ?? 0) < Date.now() - SILENT_MS).map(({ name }) => name);
  const orphans = [...next.keys()].filter((name) => !known.has(name));
  const overdue = await sql<{ name: string }[]>`
    select distinct job_name as name from job_run
    where outcome = 'due' and greatest(scheduled_for, not_before) < clock_timestamp() - interval '5 minutes' order by 1
  `;
  const wake = 'Start a worker; each sets the alarms that are gone within ten seconds.';
  return [
    silent.length === 0
      ? fine('schedulers', `${jobs.length} jobs have an alarm ahead.`)
      : warning('schedulers', `No alarm is set for, or none rang lately of: ${silent.join(', ')}.`, wake),
    orphans.length === 0
      ? fine('orphan schedulers', 'Every alarm is a job’s.')
      : warning('orphan schedulers', `Alarms of no job of this release: ${orphans.join(', ')}.`, 'They do no harm. Remove them in Bull Board once no older release is running.'),
    overdue.length === 0
      ? fine('slots', 'No slot is overdue.')
      : problem('slots', `Slots are overdue of: ${overdue.map(({ name }) => name).join(', ')}.`, 'See whether workers are up, and what the job’s page says of its last slots.'),
  ];
}
