import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { startSettlementReports } from '../../dev/sandbox/settlement-reports.ts';
import { createApp } from '../../src/api/app.ts';
import { fetchSettlementReports } from '../../src/jobs/fetch-settlement-reports.ts';
import { openSettlementReports } from '../../src/platform/settlement-reports.ts';
import { appDeps, json } from '../support/app.ts';
import { createDatabase } from '../support/database.ts';
import { runSlot } from '../support/jobs.ts';
import { makeToken } from '../support/tokens.ts';

const accessToken = 'the token of tests';
const slot = new Date(Date.now() - 3_600_000); // late, so that its end is «caught-up»
const day = new Date(slot.getTime() - 86_400_000).toISOString().slice(0, 10);
const lateSlot = new Date(slot.getTime() - 15 * 86_400_000);
const lateDay = new Date(lateSlot.getTime() - 86_400_000).toISOString().slice(0, 10);
const csv = (...lines: readonly string[]) => ['provider_payment_id,amount_minor,currency,settled_on', ...lines, ''].join('\n');
const two = csv(`a,100,MXN,${day}`, `b,200,MXN,${day}`);

/** A provider, and the job that asks it; what is kept is `<period> <lines>` of each report and the number of all lines. */
async function open() {
  const provider = await startSettlementReports({ accessToken });
  onTestFinished(() => provider.stop());
  const { sql } = await createDatabase();
  return {
    provider, sql,
    fetch: ({ token = accessToken, scheduledFor = slot, coveredUntil = undefined as Date | undefined } = {}) => runSlot(sql, fetchSettlementReports, {
      scheduledFor, coveredUntil, ports: { settlementReports: openSettlementReports({ url: provider.url, accessToken: token }) },
    }),
    kept: async () => [
      ...(await sql`select period_start::text || ' ' || period_end::text || ' ' || lines as said from settlement_report`).map(({ said }) => String(said)),
      (await sql`select from settlement_line`).length,
    ],
    waitsSeconds: async () => {
      const [run] = await sql<{ seconds: number }[]>`
        select round(extract(epoch from not_before - clock_timestamp()))::integer as seconds from job_run where outcome = 'due'
      `;
      return run?.seconds;
    },
  };
}

test('a day’s report is taken as one that an operator brings, and the same bytes again change nothing, whoever has them', async () => {
  const { provider, sql, fetch, kept } = await open();
  provider.publish(day, two);
  for (const _ of [1, 2]) {
    expect(await fetch()).toMatchObject({ outcome: 'caught-up' });
    expect(await kept()).toEqual([`${day} ${day} 2`, 2]);
  }
  const brought = await createApp(appDeps(sql)).request(
    `/backoffice/settlement-reports?provider=sandpay&periodStart=${day}&periodEnd=${day}`,
    { method: 'POST', body: two, headers: { authorization: `Bearer ${await makeToken({ roles: ['backoffice:write'] })}`, 'Content-Type': 'text/csv' } },
  );
  expect([brought.status, await json(brought)]).toMatchObject([200, { known: true, lines: 2 }]);
  expect(provider.accepted).toEqual([{ day }, { day }]);
});

test('a report that is not there yet is waited for, at no attempt’s cost, and for fourteen days', async () => {
  const { provider, fetch, kept, waitsSeconds } = await open();
  expect(await fetch()).toEqual({ outcome: 'due', reason: 'there is no report yet', attempts: 0 });
  expect(await waitsSeconds()).toBeGreaterThan(3_500);
  provider.publish(day, two);
  expect(await fetch()).toMatchObject({ outcome: 'caught-up' });
  expect(await kept()).toHaveLength(2);
  const scheduledFor = new Date(slot.getTime() - 15 * 86_400_000);
  expect(await fetch({ scheduledFor })).toMatchObject({ outcome: 'failed', reason: 'no report came in 14 days' });
});

test.for([
  ['asks for time', { fail: 'limit' }, 'answered 429', 7],
  ['is being repaired', { fail: 'later' }, 'answered 503', 60],
  ['does not speak HTTP', { fail: 'malformed' }, 'HTTPParserError', 300],
  ['breaks off', { breaksOff: true }, 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 300],
] as const)('a provider that %s is asked again later, and nothing is half taken', async ([, how, reason, seconds]) => {
  const { provider, fetch, kept, waitsSeconds } = await open();
  provider.publish(day, two);
  Object.assign(provider, how);
  expect(await fetch()).toEqual({ outcome: 'due', reason, attempts: 0 });
  expect(Math.abs((await waitsSeconds() ?? 0) - seconds)).toBeLessThan(3);
  expect(await kept()).toEqual([0]);
  Object.assign(provider, { fail: undefined, breaksOff: false });
  expect(await fetch()).toMatchObject({ outcome: 'caught-up' });
});

test('a report with a wrong line is refused with its place on record, and nothing of it is kept', async () => {
  const { provider, fetch, kept } = await open();
  provider.publish(day, csv(`a,100,MXN,${day}`, `b,much,MXN,${day}`));
  expect(await fetch()).toEqual({ outcome: 'failed', reason: 'line 3, amount_minor must be a whole number of minor units, such as 49900 or -900', attempts: 1 });
  expect(await kept()).toEqual([0]);
  provider.publish(day, two);
  expect(await fetch()).toMatchObject({ outcome: 'caught-up' }); // asked for by an operator
  expect(await kept()).toEqual([`${day} ${day} 2`, 2]);
});

test('a report with the line that ends a copy is refused with its place, and the lines after it are not lost', async () => {
  const { provider, fetch, kept } = await open();
  provider.publish(day, csv(`a,100,MXN,${day}`, '\\.', `b,200,MXN,${day}`));
  expect(await fetch()).toEqual({ outcome: 'failed', reason: 'line 3 has 1 columns, not 4', attempts: 1 });
  expect(await kept()).toEqual([0]);
});

test('a provider that knows us not is not asked again and again', async () => {
  const { fetch } = await open();
  expect(await fetch({ token: 'another' })).toEqual({ outcome: 'failed', reason: 'answered 401', attempts: 1 });
});

test('where no provider is configured nothing is fetched', async () => {
  const { sql } = await createDatabase();
  expect(await runSlot(sql, fetchSettlementReports, { ports: {}, scheduledFor: slot })).toMatchObject({ outcome: 'caught-up' });
});

test('after slots that did not come, the report of every day since is fetched, and one that is refused keeps no other', async () => {
  const { provider, fetch, kept } = await open();
  const dayAgo = (days: number) => new Date(slot.getTime() - days * 86_400_000).toISOString().slice(0, 10);
  const coveredUntil = new Date(dayAgo(3));
  for (const days of [1, 3]) provider.publish(dayAgo(days), csv(`of ${days},100,MXN,${dayAgo(days)}`));
  expect(await fetch({ coveredUntil })).toEqual({ outcome: 'due', reason: 'there is no report yet', attempts: 0 });
  provider.publish(dayAgo(2), 'no report');
  expect(await fetch({ coveredUntil })).toMatchObject({ outcome: 'failed' });
  expect(await kept()).toEqual([`${dayAgo(3)} ${dayAgo(3)} 1`, `${dayAgo(1)} ${dayAgo(1)} 1`, 2]);
});

interface Step {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A provider that answers as told, path by path, and records who came with a token. */
async function openAnswering(steps: Readonly<Record<string, Step>>) {
  const tokens: string[] = [];
  const server = createServer(({ url: path = '', headers }, response) => {
    tokens.push(`${path} ${headers.authorization ?? 'none'}`);
    const { status, headers: answered = {}, body = '' } = steps[path] ?? { status: 404 };
    response.writeHead(status, answered).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { sql } = await createDatabase();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const ports = { settlementReports: openSettlementReports({ url, accessToken }) };
  return { tokens, sql, fetch: (scheduledFor = slot) => runSlot(sql, fetchSettlementReports, { scheduledFor, ports }) };
}

const FIRST = `/v1/settlement-reports/${day}`;
const to = (location: string, status = 302) => ({ status, headers: { Location: location } });
const file = (type: string | undefined, body = two) => ({ status: 200, body, headers: type === undefined ? {} : { 'Content-Type': type } });

test.for([301, 302, 303, 307, 308])('a report elsewhere (%i) is fetched there, without our token', async (status) => {
  const { tokens, sql, fetch } = await openAnswering({ [FIRST]: to('/bucket?signature=x', status), '/bucket?signature=x': to('file', status), '/file': file('application/octet-stream') });
  expect(await fetch()).toMatchObject({ outcome: 'caught-up' });
  expect(tokens).toEqual([`${FIRST} Bearer ${accessToken}`, '/bucket?signature=x none', '/file none']);
  expect(await sql`select from settlement_line`).toHaveLength(2);
});

test.for([
  'application/octet-stream', 'binary/octet-stream', 'text/plain; charset=utf-8', 'TEXT/CSV;charset="UTF-8"; header=present', 'application/csv', 'application/vnd.ms-excel', 'x', undefined,
])('a report of the type %s is a report', async (type) => {
  const { sql, fetch } = await openAnswering({ [FIRST]: file(type, `\ufeff${two}`) });
  expect(await fetch()).toMatchObject({ outcome: 'caught-up' });
  expect(await sql`select from settlement_line`).toHaveLength(2);
});

const YET = 'there is no report yet';
test.for<readonly [what: string, steps: Readonly<Record<string, Step>>, reason: string]>([
  ['202', { [FIRST]: { status: 202 } }, YET],
  ['204', { [FIRST]: { status: 204 } }, YET],
  ['200 with nothing', { [FIRST]: { status: 200, headers: { 'Content-Length': '0' } } }, YET],
  ['a redirect to nothing', { [FIRST]: to('/gone') }, YET],
  ['a redirect to what is being made', { [FIRST]: to('/made'), '/made': { status: 202 } }, YET],
  ['a page', { [FIRST]: file('text/html', '<p>Sign in</p>') }, 'the answer is no CSV'],
  ['a message', { [FIRST]: file('application/json', '{"status":"processing"}') }, 'the answer is no CSV'],
  ['a link that has expired', { [FIRST]: to('/old'), '/old': { status: 403 } }, 'answered 403 after a redirect'],
  ['425', { [FIRST]: { status: 425 } }, 'answered 425'],
])('a provider that answers %s is asked again, and for fourteen days', async ([, steps, reason]) => {
  const { fetch } = await openAnswering({ ...steps });
  expect(await fetch()).toEqual({ outcome: 'due', reason, attempts: 0 });
  const late = await openAnswering(Object.fromEntries(Object.entries(steps).map(([path, step]) => [path.replace(day, lateDay), step])));
  expect(await late.fetch(lateSlot)).toMatchObject({ outcome: 'failed', reason: expect.stringMatching(/^no report came in 14 days/) as string });
});

test.for<readonly [what: string, steps: Readonly<Record<string, Step>>, reason: string]>([
  ['401', { [FIRST]: { status: 401 } }, 'answered 401'],
  ['410', { [FIRST]: { status: 410 } }, 'answered 410'],
  ['a redirect to nowhere', { [FIRST]: { status: 302 } }, 'answered a redirect that cannot be followed'],
  ['a redirect to a file', { [FIRST]: to('file:///etc/passwd') }, 'answered a redirect that cannot be followed'],
  ['redirects for ever', { [FIRST]: to(FIRST) }, 'answered more than 5 redirects'],
])('a provider that answers %s is not asked again', async ([, steps, reason]) => {
  const { fetch } = await openAnswering(steps);
  expect(await fetch()).toEqual({ outcome: 'failed', reason, attempts: 1 });
});
