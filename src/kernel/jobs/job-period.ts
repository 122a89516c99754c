import type { Job } from './job.ts';
import { type Period, periodOf, zoneOf } from './schedule.ts';

type Timed = Pick<Job<object>, 'schedule' | 'covers' | 'periodZone'>;

/** A slot as the ledger has it. `timeZone` is its schedule's when it was planned; null in rows of earlier releases. */
export interface LedgerSlot {
  readonly scheduledFor: Date;
  readonly timeZone: string | null;
  /** True when an operator asked for the slot. */
  readonly isRequested: boolean;
}

/** The time that a run covers, and whether the next period begins at its end. */
export interface RunPeriod {
  readonly period: Period;
  readonly isNext: boolean;
}

/** Returns the zone on whose wall a slot's periods begin. */
export function periodZoneOf({ schedule, periodZone }: Timed, timeZone: string | null): string {
  return periodZone ?? timeZone ?? zoneOf(schedule);
}

/** Returns the whole day or month before a slot, or all since the slot before it. */
export function wholePeriod(job: Timed, { scheduledFor, timeZone }: Pick<LedgerSlot, 'scheduledFor' | 'timeZone'>): Period {
  const { schedule, covers } = job;
  const planned = 'cron' in schedule ? { ...schedule, timeZone: timeZone ?? schedule.timeZone } : schedule;
  return periodOf(planned, covers, scheduledFor, periodZoneOf(job, timeZone));
}

/**
 * Returns what a slot covers: from the end of the last period that was run to the end of its own whole period. After a
 * change of zone or cron, or after slots that were skipped, that is less or more than a day or month. Returns undefined
 * where most of the whole period was run before: its rest belongs to the next slot. What an operator asks for, and what
 * no schedule planned, covers the whole period unless it comes next.
 */
export function nextPeriod(job: Timed, slot: LedgerSlot, coveredUntil: Date | null): RunPeriod | undefined {
  const whole = wholePeriod(job, slot);
  const isPlanned = !slot.isRequested && slot.timeZone !== null;
  if (coveredUntil === null) return { period: whole, isNext: isPlanned };
  const isNew = isMostlyAfter(job, whole, coveredUntil);
  if (isNew && (isPlanned || coveredUntil >= whole.start)) return { period: { start: coveredUntil, end: whole.end }, isNext: true };
  return isPlanned ? undefined : { period: whole, isNext: false };
}

function isMostlyAfter({ covers }: Timed, { start, end }: Period, coveredUntil: Date): boolean {
  if (covers === 'since the last') return end > coveredUntil;
  const [from, to] = [start.getTime(), end.getTime()];
  return to - Math.max(from, coveredUntil.getTime()) >= (to - from) / 2;
}

/** Returns whether a period covers the middle of a slot's whole period, or its end where that is all since the last slot. */
export function isMostlyIn({ covers }: Pick<Timed, 'covers'>, { start, end }: Period, period: Period): boolean {
  const at = covers === 'since the last' ? end.getTime() - 1 : (start.getTime() + end.getTime()) / 2;
  return at >= period.start.getTime() && at < period.end.getTime();
}
