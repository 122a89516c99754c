import { DateTime } from 'luxon';
import type { Period } from '../kernel/jobs/schedule.ts';

/** The first and last day of a day, a month or several. */
export interface Days {
  readonly first: string;
  readonly last: string;
}

const dayOf = (at: DateTime) => at.toFormat('yyyy-MM-dd');

/** Returns the first and last day of a period in a zone. */
export function daysOf({ start, end }: Period, zone: string): Days {
  return { first: dayOf(DateTime.fromJSDate(start, { zone })), last: dayOf(DateTime.fromJSDate(end, { zone }).minus(1)) };
}

/**
 * Returns the days or months of which a period covers the most, oldest first. A period that follows a change of zone
 * begins some hours off; one that follows skipped slots holds several.
 */
export function unitsIn({ start, end }: Period, unit: 'day' | 'month', zone: string): readonly Days[] {
  const units: Days[] = [];
  let from = DateTime.fromJSDate(start, { zone }).startOf(unit);
  while (from.toMillis() < end.getTime()) {
    const next = from.plus({ [unit]: 1 }).startOf(unit);
    const middle = (from.toMillis() + next.toMillis()) / 2;
    if (middle >= start.getTime() && middle < end.getTime()) units.push({ first: dayOf(from), last: dayOf(next.minus(1)) });
    from = next;
  }
  return units;
}
