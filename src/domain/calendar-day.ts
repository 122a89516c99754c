// Calendar days as `2026-11-24`, which compare as text.
import { zoneOrUtc } from './time-zone.ts';

/** The day so many months later; where that month is shorter, its last day. */
export function addMonths(day: string, months: number): string {
  const [year, month, date] = partsOf(day);
  const first = new Date(Date.UTC(year, month - 1 + months, 1));
  const last = new Date(Date.UTC(year, month + months, 0)).getUTCDate();
  first.setUTCDate(Math.min(date, last));
  return toDay(first);
}

/** The day of an instant in a time zone; of UTC where this process does not know the zone. */
export const dayIn = (at: Date, timeZone: string) =>
  new Intl.DateTimeFormat('en-CA', { timeZone: zoneOrUtc(timeZone), year: 'numeric', month: '2-digit', day: '2-digit' }).format(at);

export const dayBefore = (day: string) => shift(day, -1);

/** The first day of a day's month. */
export const firstDayOf = (day: string) => `${day.slice(0, 7)}-01`;

/** The last day of a day's month. */
export const lastDayOf = (day: string) => dayBefore(addMonths(firstDayOf(day), 1));

function shift(day: string, days: number): string {
  const [year, month, date] = partsOf(day);
  return toDay(new Date(Date.UTC(year, month - 1, date + days)));
}

function partsOf(day: string): readonly [number, number, number] {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number);
  return [year, month, date];
}

const toDay = (date: Date) => date.toISOString().slice(0, 10);
