import { CronExpressionParser } from 'cron-parser';
import { expect, test } from 'vitest';
import { nextSlot, periodOf, previousSlot, scheduleMistake, slotsBetween } from '../../../src/kernel/jobs/schedule.ts';

const daily = (cron: string, timeZone = 'Europe/Madrid') => ({ cron, timeZone });
const at = (text: string) => new Date(text);

test.for([
  ['a time that the clocks skip comes once, after they have', daily('30 2 * * *'), '2026-03-28T23:00:00Z', '2026-03-29T21:00:00Z', ['2026-03-29T01:30:00Z']],
  ['of two hours that the clocks make one there is one', daily('0 2,3 * * *'), '2026-03-28T23:00:00Z', '2026-03-29T21:00:00Z', ['2026-03-29T01:00:00Z']],
  ['a time that comes twice comes once', daily('30 1 * * *', 'America/New_York'), '2026-10-31T23:00:00Z', '2026-11-01T23:00:00Z', ['2026-11-01T05:30:00Z']],
  ['a month without a 31st has no slot', daily('0 9 31 * *', 'UTC'), '2026-01-31T09:00:00Z', '2026-06-01T00:00:00Z', ['2026-03-31T09:00:00Z', '2026-05-31T09:00:00Z']],
  ['the last day is the last day', daily('0 9 L * *', 'UTC'), '2026-01-31T09:00:00Z', '2026-04-01T00:00:00Z', ['2026-02-28T09:00:00Z', '2026-03-31T09:00:00Z']],
  ['the beginning is not in it and the end is', daily('0 * * * *', 'UTC'), '2026-01-01T00:00:00Z', '2026-01-01T02:00:00Z', ['2026-01-01T01:00:00Z', '2026-01-01T02:00:00Z']],
  ['of a rhythm only the last is a slot', { everyMs: 5_000 }, '2026-01-01T00:00:01Z', '2026-01-01T01:00:03Z', ['2026-01-01T01:00:00Z']],
  ['a rhythm whose time has not come has none', { everyMs: 5_000 }, '2026-01-01T00:00:00Z', '2026-01-01T00:00:04Z', []],
] as const)('%s', ([, schedule, after, until, slots]) => {
  const found = slotsBetween(schedule, { after: at(after), until: at(until), limit: 100 });
  expect(found.map((slot) => slot.toISOString().replace('.000Z', 'Z'))).toEqual(slots);
});

test('what comes every hour goes by real time when the clocks change', () => {
  const inHours = (date: string) => {
    const range = { after: at(`${date}T00:00:00+02:00`), until: at(`${date}T06:00:00+01:00`), limit: 100 };
    return slotsBetween(daily('0,30 * * * *'), range).map((slot, index, all) => (slot.getTime() - (all[index - 1] ?? slot).getTime()) / 60_000);
  };
  expect(new Set(inHours('2026-10-25').slice(1))).toEqual(new Set([30]));
  expect(new Set(inHours('2026-03-29').slice(1))).toEqual(new Set([30]));
});

test('at most as many as asked for come at once', () => {
  const range = { after: at('2026-01-01T00:00:00Z'), until: at('2026-02-01T00:00:00Z'), limit: 3 };
  expect(slotsBetween(daily('* * * * *', 'UTC'), range)).toHaveLength(3);
});

test.for([
  ['0 4 * * L', 'UTC'], ['0 4 * * 1-5L', 'UTC'], ['0 4 * * 5L/2', 'UTC'], ['0 4 * * 5LL', 'UTC'], ['0 4 * * 8L', 'UTC'], ['0 4 * * L5', 'UTC'],
  ['0 4 * * 5#2', 'UTC'], ['0 4 15W * *', 'UTC'], ['0 4 LW * *', 'UTC'], ['0 4 ? * 1', 'UTC'], ['0 4 * * MON', 'UTC'], ['0 4 * JAN *', 'UTC'], ['H 4 * * *', 'UTC'],
  ['@daily', 'UTC'], ['0 4 L-3 * *', 'UTC'], ['0 4 1-L * *', 'UTC'], ['0 4 L/2 * *', 'UTC'], ['L 4 * * *', 'UTC'], ['0 L * * *', 'UTC'], ['0 4 * L *', 'UTC'],
  ['0 22-2 * * *', 'UTC'], ['0 4 * * 5-1', 'UTC'], ['0 4 * * 6-0', 'UTC'], ['0 4 10-5 * *', 'UTC'], ['0 4 * 11-2 *', 'UTC'], ['*/0 * * * *', 'UTC'],
  ['0 4 1, * *', 'UTC'], ['0 4 1-5-7 * *', 'UTC'], ['0 4 1//2 * *', 'UTC'], ['0 4 -1 * *', 'UTC'], ['0 4 *5 * *', 'UTC'], ['0 24 * * *', 'UTC'], ['0 4 0 * *', 'UTC'],
  ['0 4 32 * *', 'UTC'], ['0 4 * * 8', 'UTC'], ['0 4 31 2,4 *', 'UTC'], ['0  4 * * *', 'UTC'], [' 0 4 * * *', 'UTC'], ['0 0 0 4 * * *', 'UTC'], ['', 'UTC'], ['0 4 * * 1.5', 'UTC'], ['0 4 * * +1', 'UTC'],
  ['61 * * * *', 'UTC'], ['0 0 31 2 *', 'UTC'], ['0 0 * *', 'UTC'], ['* * * * * *', 'UTC'], ['hello', 'UTC'], ['0 0 * * *', 'Mars/X'],
  ['0 0 * * *', '+05:00'], ['0 0 * * *', '-05:00'], ['0 0 * * *', '+05'], ['0 0 * * *', 'GMT+5'], ['0 0 * * *', 'Factory'], ['0 0 * * *', 'localtime'], ['0 0 * * *', 'posixrules'], ['0 0 * * *', ''],
  ['@reboot', 'UTC'], ['0\t4 * * *', 'UTC'], ['1,1 4 * * *', 'UTC'], ['0 4 *,1 * *', 'UTC'], ['0 4 30 2 *', 'UTC'], ['0 4 * * MON-SUN', 'UTC'], ['０ 4 * * *', 'UTC'],
] as const)('%s in %s is no schedule', ([cron, timeZone]) => {
  expect(scheduleMistake({ cron, timeZone })).toMatch(/\S/);
});

test.for([
  '0 4 * * 1,5L', '0 4 * * 5L', '0 4 * * 0L', '0 4 * * 7L', '0 4 * * 0L,7L', '0 4 1 * 5L', '0 4 L * 5L', '0 4 * * 1-2,5L', '0 4 1 2 1,6L', '0 4 L * *', '0 4 L,15 * *', '0 4 15,L * 1',
  '0 4 L 2 *', '0 4 * * 0-7', '0 4 * * 5-7', '0 4 * * 7', '0 4 * * 1-7', '0 4 */2 * 1', '0 4 */2 * */2', '0 4 1-31 * 1', '0 4 1 * 0-6', '0 4 */1 * 1', '5/15 4 * * *', '1-5/2 4 * * *',
  '*/7 4 * * *', '*/90 4 * * *', '0 4 31 * *', '00 04 01 01 *', '0 4 1-31/2 * 1', '0 4 * * 1/2', '0 4 31 2 1', '0 4 29 2 1', '0 */5 1 * *',
])('%s is honoured: over a year its times are the library’s', (cron) => {
  const [after, until] = [at('2026-01-01T00:00:00Z'), at('2027-01-01T00:00:00Z')];
  const library = CronExpressionParser.parse(cron, { tz: 'UTC', currentDate: after });
  const expected: string[] = [];
  for (let slot = library.next().toDate(); slot <= until; slot = library.next().toDate()) expected.push(slot.toISOString());
  expect(scheduleMistake(daily(cron, 'UTC'))).toBeUndefined();
  expect(expected.length).toBeGreaterThan(0);
  expect(slotsBetween(daily(cron, 'UTC'), { after, until, limit: 10_000 }).map((slot) => slot.toISOString())).toEqual(expected);
});

test('a slot is about the whole day or month before it, on its zone’s wall', () => {
  const utc = (period: { readonly start: Date; readonly end: Date }) => [period.start, period.end].map((time) => time.toISOString().slice(0, 16));
  const mexico = daily('0 3 * * *', 'America/Mexico_City');
  expect(utc(periodOf(mexico, 'day before', at('2026-06-11T09:00:00Z')))).toEqual(['2026-06-10T06:00', '2026-06-11T06:00']);
  expect(utc(periodOf(mexico, 'month before', at('2026-03-01T09:00:00Z')))).toEqual(['2026-02-01T06:00', '2026-03-01T06:00']);
  const madrid = daily('0 4 * * *');
  expect(utc(periodOf(madrid, 'day before', at('2026-03-30T02:00:00Z')))).toEqual(['2026-03-28T23:00', '2026-03-29T22:00']); // 23 hours
  expect(utc(periodOf(madrid, 'day before', at('2026-10-26T03:00:00Z')))).toEqual(['2026-10-24T22:00', '2026-10-25T23:00']); // 25 hours
  expect(utc(periodOf(daily('0 */6 * * *', 'UTC'), 'since the last', at('2026-01-01T06:00:00Z')))).toEqual(['2026-01-01T00:00', '2026-01-01T06:00']);
});

test('the slot before and the slot after are slots', () => {
  const schedule = daily('15 4 * * 1');
  const next = nextSlot(schedule, at('2026-06-10T12:00:00Z'));
  expect(next.toISOString()).toBe('2026-06-15T02:15:00.000Z');
  expect(previousSlot(schedule, next).toISOString()).toBe('2026-06-08T02:15:00.000Z');
  expect(nextSlot({ everyMs: 5_000 }, at('2026-01-01T00:00:05Z')).toISOString()).toBe('2026-01-01T00:00:10.000Z');
  expect(previousSlot({ everyMs: 5_000 }, at('2026-01-01T00:00:05Z')).toISOString()).toBe('2026-01-01T00:00:00.000Z');
});

const ZONES = ['UTC', 'Europe/Madrid', 'America/New_York', 'America/Mexico_City', 'Australia/Lord_Howe', 'Asia/Kolkata'];
const HALF_DAY_MINUTES = 720;

/** The walls of a zone: its time of day at each minute, by Intl, which knows nothing of cron. */
function wallOf(timeZone: string) {
  const format = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', day: '2-digit', month: '2-digit', year: 'numeric', hourCycle: 'h23' });
  return (minute: number) => {
    const parts = Object.fromEntries(format.formatToParts(minute * 60_000).map(({ type, value }) => [type, value]));
    return { day: `${parts['year']}-${parts['month']}-${parts['day']}`, time: `${parts['hour']}:${parts['minute']}` };
  };
}

test('10,000 slots of daily times in six zones, over every change of their clocks, are where the wall says', () => {
  const [from, until] = [at('2026-01-01T00:00:00Z'), at('2027-01-01T00:00:00Z')];
  let checked = 0;
  for (const timeZone of ZONES) {
    const wall = wallOf(timeZone);
    for (const time of ['00:00', '01:30', '02:15', '02:30', '05:00']) {
      const [hour = '', minute = ''] = time.split(':');
      const slots = slotsBetween(daily(`${Number(minute)} ${Number(hour)} * * *`, timeZone), { after: from, until, limit: 1_000 });
      const days = new Set<string>();
      for (const slot of slots) {
        const at = slot.getTime() / 60_000;
        const { day, time: shown } = wall(at);
        expect(days.has(day), `${timeZone} ${time}: ${day} has two slots`).toBe(false);
        days.add(day);
        checked += 1;
        if (shown === time) {
          // Of a time that comes twice it is the first: these clocks go back by half an hour or by one.
          for (const before of [at - 30, at - 60]) expect(wall(before)).not.toEqual({ day, time });
          continue;
        }
        // The wall never shows it that day, and what the slot shows is what it would have been.
        for (let near = at - HALF_DAY_MINUTES; near < at + HALF_DAY_MINUTES; near += 1) expect(wall(near)).not.toEqual({ day, time });
      }
      expect(days.size, `${timeZone} ${time} has a slot each day`).toBeGreaterThanOrEqual(364);
    }
  }
  expect(checked).toBeGreaterThan(10_000);
}, 60_000);
