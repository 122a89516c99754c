import { CronExpressionParser } from 'cron-parser';
import { DateTime, IANAZone } from 'luxon';

/** When a job's slots are: by the clock on a zone's wall, or by a rhythm. */
export type Schedule =
  | { readonly cron: string; readonly timeZone: string }
  /** Multiples of it since 1970. It is a rhythm, not a promise of each time: of those that passed only the last is a slot. */
  | { readonly everyMs: number };

type Cron = Extract<Schedule, { cron: string }>;

/** Finds what is wrong with a cron expression and its zone. What is accepted comes at the times that the library names. */
export function scheduleMistake(schedule: Cron): string | undefined {
  // PostgreSQL reads an offset the other way round: `+05:00` is west of Greenwich there.
  if (!IANAZone.isValidZone(schedule.timeZone) || /^[+-]/.test(schedule.timeZone)) return `${schedule.timeZone} is no IANA time zone`;
  if (!/^[\d*,/L-]+( [\d*,/L-]+){4}$/.test(schedule.cron)) return 'a cron expression has five fields of digits and * , - / L';
  try {
    return daySlots(schedule, new Date(0), 1).next().done ? 'it never comes' : undefined;
  } catch (error) {
    return error instanceof Error ? error.message : 'is no cron expression';
  }
}

export interface SlotRange {
  readonly after: Date;
  readonly until: Date;
  readonly limit: number;
}

/** The slots after `after` and up to `until`, oldest first; at most `limit` of them. */
export function slotsBetween(schedule: Schedule, { after, until, limit }: SlotRange): readonly Date[] {
  if ('everyMs' in schedule) {
    const last = new Date(Math.floor(until.getTime() / schedule.everyMs) * schedule.everyMs);
    return last > after ? [last] : [];
  }
  const slots: Date[] = [];
  for (const day of daySlots(schedule, after, 1)) {
    slots.push(...day.filter((slot) => slot > after && slot <= until));
    if (slots.length >= limit || day.some((slot) => slot > until)) break;
  }
  return slots.slice(0, limit);
}

/** The first slot after a moment. */
export function nextSlot(schedule: Schedule, after: Date): Date {
  if ('everyMs' in schedule) return new Date((Math.floor(after.getTime() / schedule.everyMs) + 1) * schedule.everyMs);
  return first(daySlots(schedule, after, 1), (slots) => slots.find((slot) => slot > after));
}

/** The last slot before a moment. */
export function previousSlot(schedule: Schedule, before: Date): Date {
  if ('everyMs' in schedule) return new Date((Math.ceil(before.getTime() / schedule.everyMs) - 1) * schedule.everyMs);
  return first(daySlots(schedule, before, -1), (slots) => slots.findLast((slot) => slot < before));
}

function first(days: Iterable<readonly Date[]>, find: (slots: readonly Date[]) => Date | undefined): Date {
  for (const slots of days) {
    const slot = find(slots);
    if (slot !== undefined) return slot;
  }
  throw new Error('the schedule has no such slot');
}

const LONGEST_DAYS = 366 * 8 + 1; // between two 29ths of February

/** The slots of each day that has any, from a moment's day on, or backwards. Days are the zone's. */
function* daySlots(schedule: Cron, from: Date, direction: 1 | -1): Generator<readonly Date[]> {
  // The library parses; its own search gives up where clocks change by half an hour (5.10.5, Australia/Lord_Howe).
  const { minute, hour, dayOfMonth, month, dayOfWeek } = CronExpressionParser.parse(schedule.cron, { tz: schedule.timeZone }).fields;
  const isOn = (values: readonly unknown[], value: number | string) => values.includes(value);
  const isDay = (day: DateTime) => {
    if (!isOn(month.values, day.month)) return false;
    const inMonth = isOn(dayOfMonth.values, day.day) || (dayOfMonth.hasLastChar && day.day === day.daysInMonth);
    const inWeek = isOn(dayOfWeek.values, day.weekday % 7) || (isLastOfItsKind(day) && lastOf(day).some((last) => isOn(dayOfWeek.values, last)));
    return dayOfMonth.isWildcard || dayOfWeek.isWildcard ? inMonth && inWeek : inMonth || inWeek;
  };
  let day = DateTime.fromJSDate(from, { zone: schedule.timeZone }).startOf('day');
  for (let idle = 0; idle < LONGEST_DAYS; idle += 1, day = day.plus({ days: direction }).startOf('day')) {
    if (!isDay(day)) continue;
    idle = 0;
    const onDay = wallOf(day, hour.isWildcard);
    const times = hour.values.flatMap((hours) => minute.values.flatMap((minutes) => onDay(hours, minutes)));
    yield [...new Set(times)].sort((one, other) => one - other).map((time) => new Date(time));
  }
}

/** Returns true for the last Monday, Tuesday and so on of a month. */
const isLastOfItsKind = (day: DateTime): boolean => day.plus({ days: 7 }).month !== day.month;

/** The spellings of the last day of its kind: `5L`, and of Sundays two. */
const lastOf = ({ weekday }: DateTime): readonly string[] => (weekday === 7 ? ['0L', '7L'] : [`${weekday}L`]);

/** When a zone's wall shows a time on a day; on most days its clocks do not change, and it is a sum. */
function wallOf(day: DateTime, everyHour: boolean): (hours: number, minutes: number) => readonly number[] {
  const start = day.toMillis();
  if (day.plus({ days: 1 }).startOf('day').offset !== day.offset) return (hours, minutes) => onWall(day, { hours, minutes, everyHour });
  return (hours, minutes) => [start + (hours * 60 + minutes) * 60_000];
}

/**
 * When a zone's wall shows a time on a day, in milliseconds. What repeats every hour goes by real time. Of other times
 * one that the clocks skip comes when they have, as late as they jumped, and of one that comes twice the first.
 */
function onWall(day: DateTime, { hours: hour, minutes: minute, everyHour }: { readonly hours: number; readonly minutes: number; readonly everyHour: boolean }): readonly number[] {
  const time = day.set({ hour, minute });
  const isSkipped = time.hour !== hour || time.minute !== minute;
  if (everyHour && isSkipped) return [];
  const both = time.getPossibleOffsets().map((one: DateTime) => one.toMillis());
  return everyHour ? both : [Math.min(...both)];
}

/** What a slot is about: the whole day or month before it, in its schedule's zone, or all since the slot before. */
export type Covers = 'day before' | 'month before' | 'since the last';

/** From its start on, until before its end. */
export interface Period {
  readonly start: Date;
  readonly end: Date;
}

/** On whose wall a schedule's days begin. */
export function zoneOf(schedule: Schedule): string {
  return 'cron' in schedule ? schedule.timeZone : 'UTC';
}

/** Returns the whole period that a slot is about; days and months begin on the wall of `zone`. */
export function periodOf(schedule: Schedule, covers: Covers, slot: Date, zone: string = zoneOf(schedule)): Period {
  if (covers === 'since the last') return { start: previousSlot(schedule, slot), end: slot };
  const unit = covers === 'day before' ? 'day' : 'month';
  const end = DateTime.fromJSDate(slot, { zone }).startOf(unit);
  return { start: end.minus({ [unit]: 1 }).toJSDate(), end: end.toJSDate() };
}
