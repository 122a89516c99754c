import type { Period } from './schedule.ts';
import type { Db, Sql, Tx } from '../../platform/postgres.ts';

/** Makes jobs known; their first slots are those after now. */
export async function registerJobs(db: Db, names: readonly string[]): Promise<void> {
  await db`
    insert into job (name, planned_until) select name, clock_timestamp() from unnest(${[...names]}::text[]) as name
    on conflict do nothing
  `;
}

/** The hold of a job, by the database's clock; its fence was never given before. */
export interface Hold {
  readonly jobName: string;
  readonly fence: bigint;
  readonly worker: string;
}

/** Takes the job's lock unless somebody holds it. */
export async function takeLock(sql: Sql, { jobName, worker, leaseMs }: { readonly jobName: string; readonly worker: string; readonly leaseMs: number }): Promise<Hold | undefined> {
  const [row] = await sql<{ fence: string }[]>`
    insert into job_lock as lock (job_name, locked_until, locked_by, fence)
    values (${jobName}, clock_timestamp() + ${leaseMs} * interval '1 millisecond', ${worker}, 1)
    on conflict (job_name) do update
    set locked_until = excluded.locked_until, locked_by = excluded.locked_by, fence = lock.fence + 1
    where lock.locked_until <= clock_timestamp()
    returning fence
  `;
  return row && { jobName, worker, fence: BigInt(row.fence) };
}

/** Holds on for another while; false when the hold is lost. In a transaction nobody takes it until that ends. */
export async function extendLock(db: Db, { jobName, fence }: Hold, leaseMs: number): Promise<boolean> {
  const { count } = await db`
    update job_lock set locked_until = clock_timestamp() + ${leaseMs} * interval '1 millisecond'
    where job_name = ${jobName} and fence = ${String(fence)} and locked_until > clock_timestamp()
  `;
  return count > 0;
}

/** The lease begins anew at the end of a transaction that took longer than it: whoever waited finds it held. */
export async function renewLock(tx: Tx, { jobName, fence }: Hold, leaseMs: number): Promise<void> {
  await tx`
    update job_lock set locked_until = clock_timestamp() + ${leaseMs} * interval '1 millisecond'
    where job_name = ${jobName} and fence = ${String(fence)}
  `;
}

/** Lets go, where it is still ours. */
export async function releaseLock(sql: Sql, { jobName, fence }: Hold): Promise<void> {
  await sql`
    update job_lock set locked_until = '-infinity' where job_name = ${jobName} and fence = ${String(fence)}
  `;
}

/** A slot that is to be run. */
export interface Run {
  readonly scheduledFor: Date;
  readonly attempt: number;
  /** Whether an operator asked for the slot, be it a single one or of a backfill. */
  readonly isRequested: boolean;
  /** The zone of the schedule that planned it; null in rows of earlier releases. */
  readonly timeZone: string | null;
  /** The time that it covers; undefined when it is taken for the first time. */
  readonly period: Period | undefined;
}

interface RunRow extends Omit<Run, 'period'> {
  readonly start: Date | null;
  readonly end: Date | null;
}

export interface Policy {
  readonly catchUp: 'all' | 'latest' | 'skip';
  readonly overlap: 'queue' | 'skip';
  /** A slot is late after that. */
  readonly graceMs: number;
}

/** Passes over what the job's policies pass over, and takes the next slot that is due; undefined when none is. */
export async function takeRun(tx: Tx, { jobName, fence, worker }: Hold, policy: Policy): Promise<Run | undefined> {
  if (policy.overlap === 'skip') {
    await tx`
      update job_run as late set outcome = 'skipped', reason = 'another was at work', finished_at = clock_timestamp()
      where job_name = ${jobName} and outcome = 'due' and attempts = 0 and requested_by is null and exists (
        select from job_run working
        where working.job_name = late.job_name and working.started_at < late.scheduled_for
          and (working.finished_at > late.scheduled_for or working.outcome = 'running')
      )
    `;
  }
  if (policy.catchUp === 'latest') {
    await tx`
      update job_run as older set outcome = 'skipped', reason = 'a later slot is due', finished_at = clock_timestamp()
      where job_name = ${jobName} and outcome = 'due' and requested_by is null and exists (
        select from job_run newer
        where newer.job_name = older.job_name and newer.outcome = 'due' and newer.scheduled_for > older.scheduled_for
      )
    `;
  }
  if (policy.catchUp === 'skip') {
    await tx`
      update job_run set outcome = 'missed', reason = 'nobody worked at its time', finished_at = clock_timestamp()
      where job_name = ${jobName} and outcome = 'due' and attempts = 0 and requested_by is null
        and scheduled_for < clock_timestamp() - ${policy.graceMs} * interval '1 millisecond'
    `;
  }
  const [run] = await tx<RunRow[]>`
    update job_run
    set outcome = 'running', attempts = attempts + 1, fence = ${String(fence)}, worker = ${worker}, reason = null,
        started_at = coalesce(started_at, clock_timestamp())
    where job_name = ${jobName} and scheduled_for = (
      select scheduled_for from job_run
      where job_name = ${jobName} and outcome in ('due', 'running') and not_before <= clock_timestamp() and ${mayRun(tx)}
        and scheduled_for <= clock_timestamp()
      order by scheduled_for limit 1
    )
    returning scheduled_for as "scheduledFor", attempts as attempt, requested_by is not null as "isRequested",
              time_zone as "timeZone", period_start as start, period_end as "end"
  `;
  if (run === undefined) return undefined;
  const { start, end, ...taken } = run;
  return { ...taken, period: start && end ? { start, end } : undefined };
}

/** Ends a slot that was taken and has nothing to cover. */
export async function skipRun(tx: Tx, { jobName }: Hold, { scheduledFor }: Run, reason: string): Promise<void> {
  await tx`
    update job_run
    set outcome = 'skipped', reason = ${reason}, attempts = attempts - 1, started_at = null, finished_at = clock_timestamp()
    where job_name = ${jobName} and scheduled_for = ${scheduledFor}
  `;
}

/** Ends a slot; how depends on whether it began in time. */
export async function finishRun(tx: Tx, { jobName }: Hold, { scheduledFor }: Run, graceMs: number): Promise<void> {
  await tx`
    update job_run
    set finished_at = clock_timestamp(),
        outcome     = case when started_at > scheduled_for + ${graceMs} * interval '1 millisecond' then 'caught-up' else 'done' end
    where job_name = ${jobName} and scheduled_for = ${scheduledFor}
  `;
}

/** A slot failed: it is due again then, or has failed for good when no time is given. */
export async function failRun(tx: Tx, { jobName }: Hold, { scheduledFor }: Run, { reason, againMs }: { readonly reason: string; readonly againMs: number | undefined }): Promise<void> {
  await tx`
    update job_run
    set outcome     = ${againMs === undefined ? 'failed' : 'due'},
        reason      = ${reason},
        finished_at = ${againMs === undefined ? tx`clock_timestamp()` : null},
        not_before  = clock_timestamp() + ${againMs ?? 0} * interval '1 millisecond'
    where job_name = ${jobName} and scheduled_for = ${scheduledFor}
  `;
}

/** Why and until when a slot that is given back is left alone. */
export interface PutOff {
  readonly reason: string | null;
  readonly againMs: number;
}

/** A slot that is given back unfinished: whoever comes next, or then, goes on. It costs no attempt. */
export async function giveRunBack(
  tx: Tx, { jobName }: Hold, { scheduledFor }: Run, { reason, againMs }: PutOff = { reason: null, againMs: 0 },
): Promise<void> {
  await tx`
    update job_run
    set outcome = 'due', attempts = attempts - 1, reason = ${reason},
        not_before = clock_timestamp() + ${againMs} * interval '1 millisecond'
    where job_name = ${jobName} and scheduled_for = ${scheduledFor}
  `;
}

/** The pieces of a slot that are done. */
export async function readChunks(db: Db, jobName: string, scheduledFor: Date): Promise<Set<string>> {
  const rows = await db<{ chunk: string }[]>`
    select chunk from job_chunk where job_name = ${jobName} and scheduled_for = ${scheduledFor}
  `;
  return new Set(rows.map(({ chunk }) => chunk));
}

/** Puts a piece on record as done, in its own transaction. */
export async function saveChunk(tx: Tx, { jobName, fence }: Hold, scheduledFor: Date, chunk: string): Promise<void> {
  await tx`
    insert into job_chunk (job_name, scheduled_for, chunk, fence)
    values (${jobName}, ${scheduledFor}, ${chunk}, ${String(fence)})
  `;
}

/** Whether anything of a job waits to be run. */
export async function hasOpenRuns(sql: Sql, jobName: string): Promise<boolean> {
  const rows = await sql`
    select from job_run
    where job_name = ${jobName} and outcome in ('due', 'running') and not_before <= clock_timestamp() and ${mayRun(sql)}
    limit 1
  `;
  return rows.length > 0;
}

/** While a job is paused, only what operators ask for is run. */
const mayRun = (db: Db) => db`(
  requested_by is not null or not exists (select from job where name = job_name and paused_at is not null)
)`;
