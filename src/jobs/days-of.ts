import { DateTime } from 'luxon';
import type { Period } from '../kernel/schedule.ts';

/** The first and last day of a period in a zone. */
export function daysOf({ start, end }: Period, zone: string): { readonly first: string; readonly last: string } {
  const dayOf = (at: Date) => DateTime.fromJSDate(at, { zone }).toFormat('yyyy-MM-dd');
  return { first: dayOf(start), last: dayOf(new Date(end.getTime() - 1)) };
}
