import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { createApp } from '../../../src/api/app.ts';
import { issueInvoices } from '../../../src/jobs/issue-invoices.ts';
import { jobs } from '../../../src/jobs/index.ts';
import { maintainPartitions } from '../../../src/jobs/maintain-partitions.ts';
import { reschedule } from '../../../src/kernel/jobs/reschedule.ts';
import { runJob } from '../../../src/kernel/jobs/run-job.ts';
import { jobMetrics } from '../../../src/platform/job-metrics.ts';
import { openLog } from '../../../src/platform/log.ts';
import { registerJobs } from '../../../src/kernel/jobs/job-runs.ts';
import { appDeps, json, signIn } from '../../support/app.ts';
import { createDatabase } from '../../support/database.ts';

const HOUR_MS = 3_600_000;
const PATH = '/backoffice/jobs';
const NAME = maintainPartitions.name;
const lastHour = new Date(Math.floor(Date.now() / HOUR_MS) * HOUR_MS);

async function world() {
  const { sql } = await createDatabase();
  await registerJobs(sql, jobs.map(({ name }) => name));
  const app = createApp(appDeps(sql));
  const operator = await signIn(app, { roles: ['backoffice:write'] });
  const reader = await signIn(app, { roles: ['backoffice:read'] });
  const work = () => runJob(maintainPartitions, {
    sql, ports: {}, log: openLog({ process: 'test', level: 'silent' }), metrics: jobMetrics(new Registry()),
    worker: 'test', leaseMs: 30_000, stop: new AbortController().signal,
  });
  const runs = async () => (await json(await reader.get(`${PATH}/${NAME}/runs`)))['runs'] as { scheduledFor: string; outcome: string; requestedBy: string | null }[];
  return { sql, app, operator, reader, work, runs };
}

test('every job is shown with its next slots and what became of the last', async () => {
  const { reader, operator, work } = await world();
  await operator.post(`${PATH}/${NAME}/run`, { slot: lastHour.toISOString(), reason: 'a test' });
  await work();
  const shown = (await json(await reader.get(PATH)))['jobs'] as { name: string; next: string[]; last: { outcome: string }[] }[];
  expect(shown.map(({ name }) => name)).toEqual(jobs.map(({ name }) => name));
  const one = shown.find(({ name }) => name === NAME);
  expect(one?.next).toEqual([1, 2, 3].map((hours) => new Date(lastHour.getTime() + hours * HOUR_MS).toISOString()));
  expect(one?.last.map(({ outcome }) => outcome)).toEqual([expect.stringMatching(/^(done|caught-up)$/)]);
});

test('a slot is run now and run again, by whom and why is on record, and what is no slot is refused', async () => {
  const { operator, reader, work, runs, sql } = await world();
  const body = { slot: lastHour.toISOString(), reason: 'the disk was full' };
  expect((await reader.post(`${PATH}/${NAME}/run`, body)).status).toBe(403);
  for (const _ of [1, 2]) {
    const { actionId } = await json(await operator.post(`${PATH}/${NAME}/run`, body));
    expect(await runs()).toMatchObject([{ outcome: 'due', requestedBy: actionId }]);
    await work();
    expect((await runs())[0]?.outcome).toMatch(/^(done|caught-up)$/);
  }
  const actions = await sql`select action, request ->> 'reason' as reason from operator_action`;
  expect(actions).toEqual(Array.from({ length: 2 }, () => ({ action: 'run-job', reason: body.reason })));
  for (const slot of ['2026-01-01T00:00:01Z', new Date(lastHour.getTime() + 24 * HOUR_MS).toISOString()]) {
    expect((await operator.post(`${PATH}/${NAME}/run`, { ...body, slot })).status).toBe(422);
  }
  expect((await operator.post(`${PATH}/nothing/run`, body)).status).toBe(404);
  await sql`update job_run set outcome = 'running'`;
  expect((await operator.post(`${PATH}/${NAME}/run`, body)).status).toBe(409);
});

test('a rhythm has nothing to make up for', async () => {
  const { operator, reader } = await world();
  const range = { from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' };
  expect((await reader.get(`${PATH}/${NAME}/backfill?from=${range.from}&to=${range.to}`)).status).toBe(409);
  expect((await operator.post(`${PATH}/${NAME}/backfill`, { ...range, count: 1, digest: '0'.repeat(64), reason: 'x' })).status).toBe(409);
});

test('a backfill runs the slots that were shown, and none once they are others', async () => {
  const { operator, reader, sql } = await world();
  const path = `${PATH}/recalculate-ranking/backfill`;
  const range = { from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' };
  const shown = await json(await reader.get(`${path}?from=${range.from}&to=${range.to}`));
  expect(shown['count']).toBeGreaterThan(1);
  const asked = { ...range, ...shown, reason: 'a hole' };
  const other = { from: '2026-01-02T00:00:00Z', to: '2026-01-03T00:00:00Z' };
  expect((await operator.post(path, { ...asked, ...other })).status).toBe(409); // as many, but others
  expect((await operator.post(path, { ...asked, digest: undefined })).status).toBe(422);
  expect(await sql`select from job_run where job_name = 'recalculate-ranking'`).toHaveLength(0);
  expect(await json(await operator.post(path, asked))).toMatchObject({ requested: shown['count'] });
});

test('a paused job is shown as that, with the reason, until it is resumed', async () => {
  const { operator, reader } = await world();
  const shown = async () => ((await json(await reader.get(PATH)))['jobs'] as { name: string; pausedReason: string | null }[]).find(({ name }) => name === NAME);
  expect((await reader.post(`${PATH}/${NAME}/pause`, { reason: 'x' })).status).toBe(403);
  expect((await operator.post(`${PATH}/${NAME}/pause`, { reason: 'a migration' })).status).toBe(200);
  expect(await shown()).toMatchObject({ pausedReason: 'a migration' });
  expect((await operator.post(`${PATH}/${NAME}/pause`, { reason: 'again' })).status).toBe(409);
  expect((await operator.post(`${PATH}/${NAME}/resume`, { reason: 'done' })).status).toBe(200);
  expect(await shown()).toMatchObject({ pausedReason: null });
  expect((await operator.post(`${PATH}/${NAME}/resume`, { reason: 'again' })).status).toBe(409);
});

test('the ledger is read page by page', async () => {
  const { reader, sql } = await world();
  await sql`
    insert into job_run (job_name, scheduled_for, outcome)
    select ${NAME}, ${lastHour}::timestamptz - n * interval '1 hour', 'done' from generate_series(1, 5) as n
  `;
  const first = await json(await reader.get(`${PATH}/${NAME}/runs?limit=3`));
  const rest = await json(await reader.get(`${PATH}/${NAME}/runs?limit=3&cursor=${String(first['nextCursor'])}`));
  const slots = [first, rest].flatMap((page) => (page['runs'] as { scheduledFor: string }[]).map(({ scheduledFor }) => scheduledFor));
  expect(slots).toEqual([1, 2, 3, 4, 5].map((hours) => new Date(lastHour.getTime() - hours * HOUR_MS).toISOString()));
  expect(rest['nextCursor']).toBeNull();
});

test('after a change of zone a slot of the old one is run again, and a backfill covers each month once', async () => {
  const { sql, operator, reader } = await world();
  const name = issueInvoices.name;
  const mexican = '2026-03-01T11:00:00.000Z';
  const app = createApp({ ...appDeps(sql), jobs: reschedule(jobs, { crons: {}, timeZone: 'Europe/Madrid' }) });
  await sql`
    insert into job_run (job_name, scheduled_for, outcome, time_zone, period_start, period_end)
    values (${name}, ${mexican}, 'failed', 'America/Mexico_City', '2026-02-01 06:00+00', '2026-03-01 06:00+00')
  `;
  const moved = await signIn(app, { roles: ['backoffice:write'] });
  const range = { from: '2026-01-31T00:00:00Z', to: '2026-04-30T00:00:00Z' };
  const preview = await json(await moved.get(`${PATH}/${name}/backfill?from=${range.from}&to=${range.to}`));
  expect(preview).toMatchObject({ count: 3 });
  expect((await moved.post(`${PATH}/${name}/backfill`, { ...range, ...preview, reason: 'a hole' })).status).toBe(200);
  const slots = async () => (await sql<{ slot: Date }[]>`select scheduled_for as slot from job_run where outcome = 'due' order by 1`).map(({ slot }) => slot.toISOString());
  expect(await slots()).toEqual(['2026-02-01T04:00:00.000Z', mexican, '2026-04-01T03:00:00.000Z']);
  await sql`update job_run set outcome = 'failed'`;
  expect((await moved.post(`${PATH}/${name}/run`, { slot: mexican, reason: 'again' })).status).toBe(200);
  expect(await slots()).toEqual([mexican]);
  expect((await operator.post(`${PATH}/${name}/run`, { slot: '2026-04-01T03:00:01Z', reason: 'none' })).status).toBe(422);
  const [, row] = (await json(await reader.get(`${PATH}/${name}/runs`)))['runs'] as Record<string, unknown>[];
  expect(row).toMatchObject({ timeZone: 'America/Mexico_City', periodStart: '2026-02-01T06:00:00.000Z', periodEnd: '2026-03-01T06:00:00.000Z' });
});
