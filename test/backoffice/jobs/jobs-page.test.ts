import { expect, test } from 'vitest';
import { createApp } from '../../../src/api/app.ts';
import { jobs } from '../../../src/jobs/index.ts';
import { registerJobs } from '../../../src/kernel/jobs/job-runs.ts';
import { appDeps } from '../../support/app.ts';
import { createDatabase } from '../../support/database.ts';
import { signInOperator } from '../../support/operator.ts';

const JOBS = '/backoffice/ui/jobs';
const RANKING = `${JOBS}/recalculate-ranking`;

async function setUp() {
  const { sql } = await createDatabase();
  await registerJobs(sql, jobs.map(({ name }) => name));
  await sql`
    insert into job_run (job_name, scheduled_for, outcome, reason) values
      ('recalculate-ranking', '2026-03-01 09:00+00', 'missed', 'nobody worked'), ('recalculate-ranking', '2026-03-02 09:00+00', 'done', null)
  `;
  const app = createApp(appDeps(sql));
  const runs = () => sql`select scheduled_for::text as slot, outcome from job_run where requested_by is not null order by scheduled_for`;
  const actions = async () => (await sql`select action from operator_action order by id`).map(({ action }) => String(action));
  return { sql, runs, actions, operator: await signInOperator(app), reader: await signInOperator(app, 'backoffice:read') };
}

test('jobs are shown with their next slot, and a job with what became of every slot', async () => {
  const { operator } = await setUp();
  const page = await operator.read(JOBS);
  for (const { name } of jobs) expect(page).toContain(`${JOBS}/${name}`);
  const one = await operator.read(RANKING);
  expect([one.indexOf('>done<') < one.indexOf('>missed<'), one.includes('nobody worked')]).toEqual([true, true]);
  expect((await operator.get(`${JOBS}/nothing`)).status).toBe(404);
});

test('a job is paused and resumed with a reason', async () => {
  const { operator, reader, actions } = await setUp();
  expect((await reader.send(`${RANKING}/pause`, { reason: 'r' })).status).toBe(403);
  expect((await operator.send(`${RANKING}/pause`, { reason: 'prices are wrong' })).status).toBe(303);
  expect(await operator.read(RANKING)).toContain('prices are wrong');
  expect((await operator.send(`${RANKING}/pause`, { reason: 'again' })).status).toBe(409);
  expect((await operator.send(`${RANKING}/resume`, { reason: 'right now' })).status).toBe(303);
  expect(await actions()).toEqual(['pause-job', 'resume-job']);
});

test('a slot that was missed is asked for, and one that is none is refused', async () => {
  const { operator, runs } = await setUp();
  const slot = '2026-03-01T09:00:00.000Z';
  expect(await operator.read(RANKING)).toContain(`${RANKING}/run?slot=${slot}`);
  expect(await operator.read(`${RANKING}/run?slot=${slot}`)).toContain(`value="${slot}"`);
  expect((await operator.send(`${RANKING}/run`, { slot: '2026-03-01T09:00:01Z', reason: 'r' })).status).toBe(422);
  expect((await operator.send(`${RANKING}/run`, { slot, reason: 'r' })).status).toBe(303);
  expect(await runs()).toEqual([{ slot: '2026-03-01 09:00:00+00', outcome: 'due' }]);
});

test('a backfill runs what its preview showed, and nothing once that is another number', async () => {
  const { operator, runs, actions } = await setUp();
  const period = 'from=2026-03-01T00:00&to=2026-03-04T00:00';
  const { count, digest } = await operator.shown(`${RANKING}/backfill?${period}`);
  const fields = { digest, from: '2026-03-01T00:00', to: '2026-03-04T00:00', reason: 'a hole' };
  expect((await operator.send(`${RANKING}/backfill`, { ...fields, count: String(Number(count) + 1) })).status).toBe(409);
  const moved = { ...fields, count, from: '2026-03-02T00:00', to: '2026-03-05T00:00' };
  expect((await operator.send(`${RANKING}/backfill`, moved)).status).toBe(409);
  expect(await runs()).toHaveLength(0);
  expect((await operator.send(`${RANKING}/backfill`, { ...fields, count })).status).toBe(303);
  expect(await runs()).toHaveLength(Number(count));
  expect(await actions()).toEqual(['backfill-job']);
});

test('what a slot covers is shown, and marked where it is not a whole month', async () => {
  const { sql, operator } = await setUp();
  await sql`
    insert into job_run (job_name, scheduled_for, outcome, time_zone, period_start, period_end) values
      ('issue-invoices', '2026-03-01 11:00+00', 'done', 'America/Mexico_City', '2026-02-01 06:00+00', '2026-03-01 06:00+00'),
      ('issue-invoices', '2026-04-01 03:00+00', 'done', 'Europe/Madrid', '2026-03-01 06:00+00', '2026-03-31 22:00+00')
  `;
  const page = await operator.read(`${JOBS}/issue-invoices`);
  expect(page.match(/not a whole day or month/g)).toHaveLength(1);
  expect(page).toContain('2026-03-31T22:00:00.000Z');
});
