import { expect, test } from 'vitest';
import { jobs } from '../../../src/jobs/index.ts';
import type { Sql } from '../../../src/platform/postgres.ts';
import { halfAnHourAgo, hoursAgo, once, openJob, type Work } from '../../support/job-world.ts';

/** The periods in the ledger, as hours before now. */
const periods = async (sql: Sql) => (await sql<{ start: Date; end: Date }[]>`
  select period_start as start, period_end as "end" from job_run where period_start is not null order by scheduled_for
`).map(({ start, end }) => [start, end].map((at) => Math.round(Math.abs(halfAnHourAgo - at.getTime()) / 3_600_000)));

test('a slot covers what the slots covered that were skipped before it, and the ledger shows it', async () => {
  const covered: Date[][] = [];
  const { sql, work } = await openJob({ catchUp: 'latest', run: async ({ period: { start, end } }) => void covered.push([start, end]) }, 3);
  await sql`update job set covered_until = ${hoursAgo(3)}`;
  await work();
  expect(await periods(sql)).toEqual([[3, 0]]);
  expect(covered).toEqual([[hoursAgo(3), hoursAgo(0)]]);
});

test('a job whose times were changed covers each time once, and a slot that has nothing to cover is skipped', async () => {
  const daily = { cron: '0 3 * * *', timeZone: 'UTC' };
  const { sql, job, work } = await openJob({ schedule: daily, covers: 'day before', catchUp: 'all', run: async () => undefined }, 24 * 5);
  await work();
  const [before] = await sql<{ until: Date }[]>`select covered_until as until from job`;
  await work({ job: { ...job, schedule: { cron: '0 */4 * * *', timeZone: 'Asia/Tokyo' } } });
  await sql`delete from job_run where scheduled_for > now() - interval '3 days'`;
  await sql`
    update job set planned_until = (select max(scheduled_for) from job_run), covered_until = (select max(period_end) from job_run)
  `;
  await work({ job: { ...job, schedule: { cron: '0 */4 * * *', timeZone: 'Asia/Tokyo' } } });
  const rows = await sql<{ start: Date; end: Date }[]>`
    select period_start as start, period_end as "end" from job_run where period_start is not null order by period_start
  `;
  for (const [index, { start }] of rows.entries()) if (index > 0) expect(start).toEqual(rows[index - 1]?.end);
  expect(rows.length).toBeGreaterThan(4);
  expect(rows.at(-1)?.end.getTime()).toBeGreaterThan((before?.until.getTime() ?? 0) - 24 * 3_600_000);
  const [skipped] = await sql`select count(*)::integer as slots from job_run where reason = 'its period was run before' and attempts = 0`;
  expect(skipped?.['slots']).toBeGreaterThan(5);
});

test('a slot that is run again covers what it covered, also in another zone', async () => {
  const covered: Date[][] = [];
  const run: Work = async ({ period: { start, end }, timeZone }) => {
    expect(timeZone).toBe('America/Mexico_City');
    covered.push([start, end]);
  };
  const { sql, job, work } = await openJob({ schedule: { cron: '0 3 * * *', timeZone: 'America/Mexico_City' }, covers: 'day before', run }, 48);
  await work();
  await sql`update job_run set outcome = 'due', requested_by = gen_random_uuid() where outcome = 'caught-up'`;
  await work({ job: { ...job, schedule: { cron: '0 3 * * *', timeZone: 'Asia/Tokyo' } } });
  expect(covered.length).toBeGreaterThan(1);
  expect(covered[1]).toEqual(covered[0]);
});

test('a job that holds its slots runs none while it is paused, and all of them when it is resumed', async () => {
  const { sql, work, ledger, written } = await openJob({ catchUp: 'all', whenPaused: 'hold', run: once }, 2);
  await sql`update job set paused_at = now(), paused_reason = 'a test'`;
  await work();
  expect(await ledger()).toEqual(['due', 'due']);
  expect(await written()).toEqual([]);
  await sql`update job set paused_at = null, paused_reason = null`;
  await work();
  expect(await ledger()).toEqual(['caught-up', 'caught-up']);
  expect(await written()).toHaveLength(2);
});

test('a slot that was due when its job was paused waits, and one that an operator asks for does not', async () => {
  const { sql, work, ledger } = await openJob({ catchUp: 'all', run: once });
  await sql`update job set paused_at = now(), paused_reason = 'a test', planned_until = now()`;
  await sql`insert into job_run (job_name, scheduled_for, requested_by) values
    ('hourly', ${hoursAgo(2)}, null), ('hourly', ${hoursAgo(1)}, gen_random_uuid())`;
  await work();
  expect(await ledger()).toEqual(['due', 'caught-up']);
});

test('after a pause the first slot covers the whole pause', async () => {
  const { sql, work } = await openJob({ run: once }, 3);
  await sql`update job set paused_at = now(), paused_reason = 'a test', covered_until = ${hoursAgo(3)}`;
  await work();
  await sql`update job set paused_at = null, paused_reason = null`;
  await sql`insert into job_run (job_name, scheduled_for, time_zone) values ('hourly', ${new Date(halfAnHourAgo + 60_000)}, 'UTC')`;
  await work();
  expect(await periods(sql)).toEqual([[3, 0]]);
});

test('every job that moves money holds its slots while it is paused', () => {
  const holding = jobs.filter(({ whenPaused }) => whenPaused === 'hold').map(({ name }) => name);
  expect(holding).toEqual(['close-payout-cycles', 'fetch-settlement-reports', 'issue-invoices', 'reconcile-payments']);
});

test('rows that no schedule planned cover their whole period, in whatever order they come', async () => {
  const covered: Date[][] = [];
  const run: Work = async ({ period: { start, end } }) => void covered.push([start, end]);
  const { sql, work } = await openJob({ run });
  await sql`update job set planned_until = now()`;
  for (const hours of [2, 9, 4, 4]) {
    await sql`
      insert into job_run (job_name, scheduled_for) values ('hourly', ${hoursAgo(hours)})
      on conflict (job_name, scheduled_for) do update set outcome = 'due'
    `;
    await work();
  }
  expect(covered).toEqual([2, 9, 4, 4].map((hours) => [hoursAgo(hours + 1), hoursAgo(hours)]));
});
