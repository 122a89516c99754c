import type { Sql } from '../../platform/postgres.ts';
import type { LedgerRow } from './slot-ledger.ts';

/** How far a job is, by the database's clock. */
export interface JobProgress {
  readonly name: string;
  readonly now: Date;
  /** Up to then every slot is in the ledger. */
  readonly plannedUntil: Date;
  /** The oldest slot that nobody has begun, without backfills and paused jobs. */
  readonly oldestDue: Date | null;
}

/** Every job that a release has registered. */
export function readJobProgress(sql: Sql): Promise<readonly JobProgress[]> {
  return sql<JobProgress[]>`
    select name, clock_timestamp() as now, planned_until as "plannedUntil",
           (
             select min(scheduled_for) from job_run
             where job_name = job.name and outcome = 'due' and requested_by is null and job.paused_at is null
           ) as "oldestDue"
    from job
  `;
}

/** What became of the slots of the last 24 hours. */
export function countRecentSlots(
  sql: Sql,
): Promise<readonly { readonly name: string; readonly outcome: LedgerRow['outcome']; readonly slots: number }[]> {
  return sql<{ name: string; outcome: LedgerRow['outcome']; slots: number }[]>`
    select job.name, recent.outcome, recent.slots
    from job cross join lateral (
      select outcome, count(*)::integer as slots from job_run
      where job_name = job.name and scheduled_for > clock_timestamp() - interval '1 day'
      group by outcome
    ) as recent
  `;
}
