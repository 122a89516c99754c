import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { observeJobs } from '../../../src/api/http/observe-jobs.ts';
import { registerJobs } from '../../../src/kernel/jobs/job-runs.ts';
import { createDatabase } from '../../support/database.ts';
import { figures } from '../../support/figures.ts';

const jobs = [
  { name: 'rhythm', schedule: { everyMs: 5_000 } },
  { name: 'nightly', schedule: { cron: '0 3 * * *', timeZone: 'Europe/Madrid' } },
];

async function observed() {
  const { sql } = await createDatabase();
  await registerJobs(sql, jobs.map(({ name }) => name));
  const registry = new Registry();
  observeJobs({ registry, sql, jobs });
  const overdue = async (job: string) => figures(await registry.metrics())[`job_overdue_seconds{job="${job}"}`];
  return { sql, registry, overdue };
}

test('a slot is overdue from its time on, although nobody has lived to write it into the ledger', async () => {
  const { sql, overdue } = await observed();
  expect(await overdue('rhythm')).toBeLessThan(10);
  expect(await overdue('nightly')).toBe(0);
  await sql`update job set planned_until = clock_timestamp() - interval '1 hour' where name = 'rhythm'`;
  await sql`update job set planned_until = clock_timestamp() - interval '2 days' where name = 'nightly'`;
  expect(await overdue('rhythm')).toBeGreaterThan(3_590);
  expect(await overdue('nightly')).toBeGreaterThan(86_000 - 3_600);
});

test('a slot that waits in the ledger is overdue, one that runs or that an operator backfills is not', async () => {
  const { sql, overdue } = await observed();
  await sql`update job set planned_until = '2999-01-01'`;
  const plan = (outcome: string, hours: number, requestedBy: string | null) => sql`
    insert into job_run (job_name, scheduled_for, outcome, requested_by)
    values ('nightly', clock_timestamp() - ${hours} * interval '1 hour', ${outcome}, ${requestedBy})
  `;
  await plan('running', 4, null);
  await plan('due', 3, '00000000-0000-7000-8000-000000000000');
  expect(await overdue('nightly')).toBe(0);
  await plan('due', 2, null);
  expect(await overdue('nightly')).toBeCloseTo(7_200, -2);
});

test('the slots of a day are counted by what became of them, for every job and outcome', async () => {
  const { sql, registry } = await observed();
  await sql`
    insert into job_run (job_name, scheduled_for, outcome)
    values ('nightly', now() - interval '2 hours', 'missed'), ('nightly', now() - interval '30 hours', 'missed'),
           ('rhythm', now() - interval '1 hour', 'done'), ('rhythm', now() - interval '2 hours', 'done')
  `;
  const scraped = figures(await registry.metrics());
  expect(scraped).toMatchObject({
    'job_slots{job="nightly",outcome="missed"}': 1, 'job_slots{job="nightly",outcome="failed"}': 0,
    'job_slots{job="rhythm",outcome="done"}': 2,
  });
});

test('while PostgreSQL is away a scrape succeeds and shows what was last known', async () => {
  const { sql, overdue } = await observed();
  await sql`update job set planned_until = clock_timestamp() - interval '1 hour' where name = 'rhythm'`;
  const known = await overdue('rhythm');
  await sql`alter table job rename to away`;
  expect(await overdue('rhythm')).toBe(known);
});
