import type { Period } from './schedule.ts';
import type { Tx } from '../../platform/postgres.ts';
import type { Hold, Run } from './job-runs.ts';

/** The end of a job's ledger, and the database's time. */
export interface Planned {
  readonly plannedUntil: Date;
  readonly now: Date;
  readonly isPaused: boolean;
}

/** Holds the job's plan; undefined when another process does, or nobody registered it. */
export async function holdPlan(tx: Tx, name: string): Promise<Planned | undefined> {
  const [row] = await tx<Planned[]>`
    select planned_until as "plannedUntil", clock_timestamp() as now, paused_at is not null as "isPaused"
    from job where name = ${name} for update skip locked
  `;
  return row;
}

/** Slots that came, oldest first, with the zone of the schedule that planned them. */
export interface NewSlots {
  readonly slots: readonly Date[];
  readonly timeZone: string | undefined;
  /** True when they are skipped because the job is paused. */
  readonly areSkipped: boolean;
}

/** Writes slots into the ledger. It is complete up to the last of them: what comes later may follow another schedule. */
export async function savePlan(tx: Tx, name: string, { slots, timeZone, areSkipped }: NewSlots): Promise<void> {
  await tx`
    insert into job_run (job_name, scheduled_for, time_zone, outcome, reason)
    select ${name}, slot, ${timeZone ?? null}, ${areSkipped ? 'skipped' : 'due'}, ${areSkipped ? 'paused' : null}
    from unnest(${slots.map((slot) => slot.toISOString())}::timestamptz[]) as slot
    on conflict do nothing
  `;
  await tx`update job set planned_until = ${slots.at(-1) ?? null} where name = ${name}`;
}

/** Returns the end of the last period that was run; null before the first. */
export async function readCoveredUntil(tx: Tx, jobName: string): Promise<Date | null> {
  const [job] = await tx<{ coveredUntil: Date | null }[]>`
    select covered_until as "coveredUntil" from job where name = ${jobName}
  `;
  return job?.coveredUntil ?? null;
}

/** Writes down what a slot covers; the next period begins at its end where `isNext`. */
export async function savePeriod(
  tx: Tx, { jobName }: Hold, { scheduledFor }: Pick<Run, 'scheduledFor'>, { period: { start, end }, isNext }: { readonly period: Period; readonly isNext: boolean },
): Promise<void> {
  await tx`
    update job_run set period_start = ${start}, period_end = ${end}
    where job_name = ${jobName} and scheduled_for = ${scheduledFor}
  `;
  if (isNext) await tx`update job set covered_until = ${end} where name = ${jobName}`;
}
