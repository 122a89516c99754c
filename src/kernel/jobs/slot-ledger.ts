import type { Period } from './schedule.ts';
import type { Db, Sql, Tx } from '../../platform/postgres.ts';

/** What became of a slot. */
export interface LedgerRow {
  readonly scheduledFor: Date;
  readonly outcome: 'due' | 'running' | 'done' | 'caught-up' | 'failed' | 'missed' | 'skipped';
  readonly reason: string | null;
  readonly attempts: number;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly worker: string | null;
  /** Pieces that are done. */
  readonly chunks: number;
  readonly requestedBy: string | null;
  /** The zone of the schedule that planned it; null for a rhythm and in rows of earlier releases. */
  readonly timeZone: string | null;
  /** The period of its run; null before the slot is taken, and for a rhythm. */
  readonly periodStart: Date | null;
  readonly periodEnd: Date | null;
}

const columns = (db: Db) => db`
  scheduled_for as "scheduledFor", outcome, reason, attempts, started_at as "startedAt", finished_at as "finishedAt", worker,
  (
    select count(*)::integer from job_chunk chunk
    where chunk.job_name = run.job_name and chunk.scheduled_for = run.scheduled_for
  ) as chunks,
  requested_by as "requestedBy", time_zone as "timeZone", period_start as "periodStart", period_end as "periodEnd"
`;

/** A job's slots before a moment, newest first. */
export async function listRuns(
  sql: Sql,
  name: string,
  { before, limit }: { readonly before: Date | undefined; readonly limit: number },
): Promise<LedgerRow[]> {
  return sql<LedgerRow[]>`
    select ${columns(sql)} from job_run run
    where job_name = ${name} ${before === undefined ? sql`` : sql`and scheduled_for < ${before}`}
    order by scheduled_for desc limit ${limit}
  `;
}

/** A slot that was taken, and what its run covers. */
export interface TakenSlot extends Period {
  readonly scheduledFor: Date;
}

/** Lists the slots that were taken whose time is after `from` and up to `to`, or whose periods overlap `within`. */
export function listTakenSlots(
  db: Db, name: string, { from, to, within }: { readonly from: Date; readonly to: Date; readonly within: Period },
): Promise<TakenSlot[]> {
  return db<TakenSlot[]>`
    select scheduled_for as "scheduledFor", period_start as start, period_end as "end"
    from job_run
    where job_name = ${name} and period_start is not null
      and ((scheduled_for > ${from} and scheduled_for <= ${to}) or (period_start < ${within.end} and period_end > ${within.start}))
  `;
}

/** Returns whether the ledger has a slot of that time. */
export async function hasSlot(db: Db, name: string, slot: Date): Promise<boolean> {
  const rows = await db`select from job_run where job_name = ${name} and scheduled_for = ${slot}`;
  return rows.length > 0;
}

/** A job as it stands: the last of its slots, and whether it is paused. */
export interface JobStanding {
  readonly name: string;
  readonly pausedAt: Date | null;
  readonly pausedReason: string | null;
  readonly now: Date;
}

/** Jobs that the release made known. */
export async function listJobs(sql: Sql): Promise<JobStanding[]> {
  return sql<JobStanding[]>`
    select name, paused_at as "pausedAt", paused_reason as "pausedReason", clock_timestamp() as now from job order by name
  `;
}

/** Pauses a job; false when it is paused already. */
export async function pauseJob(tx: Tx, name: string, reason: string): Promise<boolean> {
  const { count } = await tx`
    update job set paused_at = clock_timestamp(), paused_reason = ${reason} where name = ${name} and paused_at is null
  `;
  return count > 0;
}

/** Goes on with a job; false when it is not paused. */
export async function resumeJob(tx: Tx, name: string): Promise<boolean> {
  const { count } = await tx`
    update job set paused_at = null, paused_reason = null where name = ${name} and paused_at is not null
  `;
  return count > 0;
}

/** Asks for slots, whatever became of them before; those at work are left alone. How many were asked for comes back. */
export async function requestSlots(tx: Tx, name: string, slots: readonly Date[], actionId: string): Promise<number> {
  const wanted = slots.map((slot) => slot.toISOString());
  await tx`
    delete from job_chunk
    where job_name = ${name} and scheduled_for = any(${wanted}::timestamptz[]) and exists (
      select from job_run run
      where run.job_name = job_chunk.job_name and run.scheduled_for = job_chunk.scheduled_for and run.outcome <> 'running'
    )
  `;
  const { count } = await tx`
    insert into job_run as run (job_name, scheduled_for, requested_by)
    select ${name}, slot, ${actionId} from unnest(${wanted}::timestamptz[]) as slot
    on conflict (job_name, scheduled_for) do update
    set outcome = 'due', reason = null, attempts = 0, not_before = '-infinity', requested_by = excluded.requested_by,
        started_at = null, finished_at = null
    where run.outcome <> 'running'
  `;
  return count;
}

/** Drops slots that ended long ago, and sooner those that went well of jobs with more than a slot a minute. */
export async function pruneRuns(
  tx: Tx,
  { now, days, rhythmDays }: { readonly now: Date; readonly days: number; readonly rhythmDays: number },
): Promise<number> {
  const { count } = await tx`
    delete from job_run run
    where outcome not in ('due', 'running')
      and (scheduled_for < ${now}::timestamptz - make_interval(days => ${days})
           or (outcome in ('done', 'caught-up', 'skipped') and scheduled_for < ${now}::timestamptz - make_interval(days => ${rhythmDays})
               and exists (
                 select from job_run near
                 where near.job_name = run.job_name and near.scheduled_for > run.scheduled_for
                   and near.scheduled_for < run.scheduled_for + interval '1 minute'
               )))
  `;
  return count;
}
