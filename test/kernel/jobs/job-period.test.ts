import { expect, test } from 'vitest';
import { unitsIn } from '../../../src/jobs/days-of.ts';
import { type Covers, type Period, slotsBetween } from '../../../src/kernel/jobs/schedule.ts';
import { nextPeriod, periodZoneOf } from '../../../src/kernel/jobs/job-period.ts';

const HOUR_MS = 3_600_000;
const PLACES = ['America/Mexico_City', 'Europe/Madrid', 'Asia/Tokyo', 'Australia/Lord_Howe', 'America/New_York', 'UTC'];
const FAR_APART = ['Pacific/Kiritimati', 'Pacific/Niue'];
const pairsOf = (zones: readonly string[]) => zones.flatMap((from) => zones.filter((to) => to !== from).map((to) => [from, to] as const));

interface Change {
  readonly covers: Covers;
  readonly before: { readonly cron: string; readonly timeZone: string };
  readonly after: { readonly cron: string; readonly timeZone: string };
  readonly from: Date;
  readonly changedAt: Date;
  readonly until: Date;
}

/** Returns what the runs of a job cover whose schedule changes between two slots, oldest first. */
function periodsOver({ covers, before, after, from, changedAt, until }: Change) {
  const limit = 10_000;
  const early = slotsBetween(before, { after: from, until: changedAt, limit }).map((slot) => ({ slot, schedule: before }));
  const late = slotsBetween(after, { after: early.at(-1)?.slot ?? from, until, limit }).map((slot) => ({ slot, schedule: after }));
  const periods: (Period & { readonly zone: string })[] = [];
  for (const { slot, schedule } of [...early, ...late]) {
    const job = { covers, schedule: after };
    const planned = { scheduledFor: slot, timeZone: schedule.timeZone, isRequested: false };
    const next = nextPeriod(job, planned, periods.at(-1)?.end ?? null);
    if (next !== undefined) periods.push({ ...next.period, zone: periodZoneOf(job, schedule.timeZone) });
  }
  return periods;
}

/** Fails unless each period begins where the one before ended, and the last reaches the end but for its own length. */
function expectGapless(periods: readonly Period[], reaches: Date, what: string): void {
  expect(periods.length, what).toBeGreaterThan(2);
  for (const [index, { start, end }] of periods.entries()) {
    expect(end > start, what).toBe(true);
    if (index > 0) expect(start, what).toEqual(periods[index - 1]?.end);
  }
  expect(periods.at(-1)?.end.getTime(), what).toBeGreaterThanOrEqual(reaches.getTime());
}

const everyThreeHours = (from: string, to: string) =>
  Array.from({ length: (Date.parse(to) - Date.parse(from)) / HOUR_MS / 3 }, (_, nth) => new Date(Date.parse(from) + nth * 3 * HOUR_MS + 1));

test.for(pairsOf(PLACES))('months are covered whole and once when the zone changes from %s to %s at any time', ([one, other]) => {
  for (const changedAt of everyThreeHours('2026-03-31T00:00:00Z', '2026-04-02T12:00:00Z')) {
    const schedule = (timeZone: string) => ({ cron: '0 5 1 * *', timeZone });
    const periods = periodsOver({
      covers: 'month before', before: schedule(one), after: schedule(other),
      from: new Date('2025-12-15T00:00:00Z'), changedAt, until: new Date('2026-08-15T00:00:00Z'),
    });
    expectGapless(periods, new Date('2026-07-31T00:00:00Z'), changedAt.toISOString());
    const months = periods.flatMap(({ zone, ...period }) => unitsIn(period, 'month', zone).map(({ first }) => first.slice(0, 7)));
    expect(months, changedAt.toISOString()).toEqual(['2025-12', '2026-01', '2026-02', '2026-03', '2026-04', '2026-05', '2026-06', '2026-07']);
  }
});

test.for([...pairsOf(PLACES), ...pairsOf(FAR_APART)])('days are covered whole and once when the zone changes from %s to %s at any time', ([one, other]) => {
  // Clocks change in Madrid on March 29, on Lord Howe on April 5.
  for (const changedAt of [...everyThreeHours('2026-03-28T00:00:00Z', '2026-03-30T12:00:00Z'), ...everyThreeHours('2026-04-04T00:00:00Z', '2026-04-06T00:00:00Z')]) {
    const schedule = (timeZone: string) => ({ cron: '0 3 * * *', timeZone });
    const periods = periodsOver({
      covers: 'day before', before: schedule(one), after: schedule(other),
      from: new Date('2026-03-20T00:00:00Z'), changedAt, until: new Date('2026-04-10T00:00:00Z'),
    });
    expectGapless(periods, new Date('2026-04-08T09:00:00Z'), changedAt.toISOString());
    for (const { start, end } of periods) expect((end.getTime() - start.getTime()) / HOUR_MS).toBeLessThan(37);
  }
});

test.for([
  ['day before', '0 3 * * *', '0 4 * * *'], ['day before', '0 4 * * *', '0 3 * * *'], ['day before', '0 3 * * *', '*/30 * * * *'],
  ['day before', '0 3 * * *', '0 3 * * 1'], ['day before', '0 3 * * 1', '0 3 * * *'], ['day before', '0 23 * * *', '5 0 * * *'],
] as const)('what covers the %s misses and repeats none when %s becomes %s', ([covers, one, other]) => {
  for (const changedAt of everyThreeHours('2026-03-09T00:00:00Z', '2026-03-12T00:00:00Z')) {
    const schedule = (cron: string) => ({ cron, timeZone: 'Europe/Madrid' });
    const periods = periodsOver({
      covers, before: schedule(one), after: schedule(other),
      from: new Date('2026-02-15T00:00:00Z'), changedAt, until: new Date('2026-04-21T00:00:00Z'),
    });
    expectGapless(periods, new Date('2026-04-19T22:00:00Z'), changedAt.toISOString());
    const days = periods.flatMap(({ zone, ...period }) => unitsIn(period, 'day', zone).map(({ first }) => first));
    const first = Date.parse(days[0] ?? '');
    expect(days).toEqual(days.map((_, index) => new Date(first + index * 24 * HOUR_MS).toISOString().slice(0, 10)));
  }
});

test('a monthly job that runs every quarter covers three months, and one that runs daily covers each month once', () => {
  const schedule = (cron: string) => ({ cron, timeZone: 'America/Mexico_City' });
  const months = (cron: string) => periodsOver({
    covers: 'month before', before: schedule('0 5 1 * *'), after: schedule(cron),
    from: new Date('2025-12-15T00:00:00Z'), changedAt: new Date('2026-02-10T00:00:00Z'), until: new Date('2026-07-02T00:00:00Z'),
  }).map((period) => unitsIn(period, 'month', 'America/Mexico_City').map(({ first }) => first.slice(5, 7)).join(' '));
  expect(months('0 5 1 1,4,7,10 *')).toEqual(['12', '01', '02 03', '04 05 06']);
  expect(months('0 5 * * *')).toEqual(['12', '01', '02', '03', '04', '05', '06']);
});

test('what covers all since the last begins at the last slot’s time, whatever the schedule was', () => {
  for (const [one, other] of pairsOf([...PLACES, ...FAR_APART])) {
    for (const changedAt of everyThreeHours('2026-03-28T00:00:00Z', '2026-03-30T00:00:00Z')) {
      const schedule = (timeZone: string) => ({ cron: '0 2 * * *', timeZone });
      const periods = periodsOver({
        covers: 'since the last', before: schedule(one), after: schedule(other),
        from: new Date('2026-03-25T00:00:00Z'), changedAt, until: new Date('2026-04-03T00:00:00Z'),
      });
      expectGapless(periods, new Date('2026-04-02T00:00:00Z'), `${one} to ${other} at ${changedAt.toISOString()}`);
    }
  }
});

test('what an operator asks for again is the whole period, and moves nothing', () => {
  const job = { covers: 'month before', schedule: { cron: '0 5 1 * *', timeZone: 'UTC' } } as const;
  const slot = { scheduledFor: new Date('2026-04-01T05:00:00Z'), timeZone: null, isRequested: true };
  const march = { start: new Date('2026-03-01T00:00:00Z'), end: new Date('2026-04-01T00:00:00Z') };
  for (const coveredUntil of [null, march.end, new Date('2026-07-01T00:00:00Z'), new Date('2026-01-01T00:00:00Z')]) {
    expect(nextPeriod(job, slot, coveredUntil)).toEqual({ period: march, isNext: false });
  }
  expect(nextPeriod(job, slot, march.start)).toEqual({ period: march, isNext: true });
  expect(nextPeriod(job, { ...slot, isRequested: false }, march.end)).toEqual({ period: march, isNext: false });
});

test('days of a zone of their own do not move with the schedule’s', () => {
  for (const [one, other] of pairsOf(PLACES)) {
    const job = { covers: 'day before', schedule: { cron: '40 6 * * *', timeZone: other }, periodZone: 'UTC' } as const;
    const slots = [
      ...slotsBetween({ cron: '40 6 * * *', timeZone: one }, { after: new Date('2026-03-25T00:00:00Z'), until: new Date('2026-03-29T08:00:00Z'), limit: 99 }),
    ];
    slots.push(...slotsBetween(job.schedule, { after: slots.at(-1) ?? new Date(0), until: new Date('2026-04-05T23:59:00Z'), limit: 99 }));
    const days: string[] = [];
    let coveredUntil: Date | null = null;
    for (const scheduledFor of slots) {
      const next = nextPeriod(job, { scheduledFor, timeZone: one, isRequested: false }, coveredUntil);
      if (next === undefined) continue;
      coveredUntil = next.period.end;
      days.push(...unitsIn(next.period, 'day', 'UTC').map(({ first }) => first));
    }
    const first = Date.parse(days[0] ?? '');
    expect(days, `${one} to ${other}`).toEqual(days.map((_, index) => new Date(first + index * 24 * HOUR_MS).toISOString().slice(0, 10)));
    expect(days.length).toBeGreaterThanOrEqual(11);
  }
});
