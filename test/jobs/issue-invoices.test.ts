import { randomUUID } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Registry } from 'prom-client';
import { expect, onTestFinished, test } from 'vitest';
import { creditInvoice } from '../../src/domain/invoices/credit-note.ts';
import { issueInvoices } from '../../src/jobs/issue-invoices.ts';
import { reschedule } from '../../src/kernel/jobs/reschedule.ts';
import { runJob } from '../../src/kernel/jobs/run-job.ts';
import { jobMetrics } from '../../src/platform/job-metrics.ts';
import { openLog } from '../../src/platform/log.ts';
import type { Sql } from '../../src/platform/postgres.ts';
import { transaction } from '../../src/platform/transaction.ts';
import { findInvoice, findInvoiceToCredit, insertCreditNote } from '../../src/store/invoices/invoices.ts';
import { everyInvoice, openBilling, slotOf } from '../support/billing.ts';
import { eventsOf } from '../support/events.ts';
import { runSlot } from '../support/jobs.ts';

const issueAtOnce = (sql: Sql, month: string) => runSlot(sql, issueInvoices, { ports: {}, scheduledFor: slotOf(month) });
const issue = async (sql: Sql, month: string) => expect(await issueAtOnce(sql, month)).toMatchObject({ outcome: 'caught-up' });

/** The invoices with their lines, in the order of their numbers; a line is `<kind> <detail> <from> <to> <quantity> <amount>`. */
async function invoices(sql: Sql) {
  const rows = await sql<{ id: string }[]>`select id from invoice order by issued_at, series, place`;
  const found = await Promise.all(rows.map(({ id }) => findInvoice(sql, id)));
  return found.flatMap((invoice) => (invoice === undefined ? [] : {
    number: invoice.number, of: invoice.tenantId, month: invoice.periodStart.slice(0, 7), on: invoice.issuedOn,
    sums: [invoice.net, invoice.tax, invoice.total],
    lines: invoice.lines.map(({ kind, detail, startsOn, endsOn, quantity, amount }) =>
      [kind, detail, startsOn, endsOn, quantity, amount].join(' ')),
  }));
}

test('a month is billed: what fell due of the subscription, what happened, what was given back, and the tax', async () => {
  const { sql, tenant, subscription, charge, payment, dispute } = await openBilling();
  const id = await tenant();
  await subscription(id, { startsOn: '2026-03-10' });
  for (const day of ['01', '15', '31']) await charge(id, `2026-03-${day}T18:00:00Z`);
  const contested = await charge(id, '2026-03-20T18:00:00Z', { kind: 'closed-ticket', minor: 12_000 });
  await dispute({ chargeId: contested }, '2026-03-25T18:00:00Z');
  await dispute({ paymentId: await payment(id, '2026-02-10T18:00:00Z', 1_001) }, '2026-03-26T18:00:00Z');
  const upheld = await charge(id, '2026-03-21T18:00:00Z', { kind: 'whatsapp-click', minor: 450 });
  await dispute({ chargeId: upheld }, '2026-03-25T18:00:00Z', 'won');
  await issue(sql, '2026-04');
  expect(await invoices(sql)).toEqual([{
    number: 'MX-2026-000001', of: id, month: '2026-03', on: '2026-04-01',
    // 49,900 + 12,000 + 18,000 + 450 − 12,000, of which 16 % are 10,936; − 1,001 as it was paid
    sums: [67_349n, 10_936n, 78_285n],
    lines: [
      'subscription basic 2026-03-10 2026-04-09 1 49900',
      'charge closed-ticket 2026-03-01 2026-03-31 1 12000',
      'charge qualified-lead 2026-03-01 2026-03-31 3 18000',
      'charge whatsapp-click 2026-03-01 2026-03-31 1 450',
      'dispute payment 2026-02-10 2026-02-10 1 -1001',
      'dispute closed-ticket 2026-03-20 2026-03-20 1 -12000',
      'tax IVA 2026-03-01 2026-03-31 1 10936',
    ],
  }]);
  const [event] = await eventsOf(sql, 'InvoiceIssued');
  expect(event).toMatchObject({ tenantId: id, payload: {
    tenantId: id, number: 'MX-2026-000001', periodStart: '2026-03-01', periodEnd: '2026-03-31',
    total: { minor: 78_285, currency: 'MXN' },
  } });
});

test('of a payment that the tenant was right about, what was refunded is not given back again', async () => {
  const { sql, tenant, payment, refund, dispute } = await openBilling();
  const id = await tenant();
  const paid = () => payment(id, '2026-03-10T18:00:00Z', 1_000);
  const [inPart, whole] = [await paid(), await paid()];
  await refund(inPart, '2026-03-12T18:00:00Z', 250);
  await refund(inPart, '2026-03-13T18:00:00Z', 350);
  await refund(whole, '2026-03-12T18:00:00Z', 1_000);
  for (const paymentId of [inPart, whole]) await dispute({ paymentId }, '2026-03-26T18:00:00Z');
  await issue(sql, '2026-04');
  expect((await invoices(sql)).map(({ lines }) => lines[0])).toEqual(['dispute payment 2026-03-10 2026-03-10 1 -400']);
});

test('a charge whose invoice was taken back is not given back again', async () => {
  const { sql, tenant, charge, dispute } = await openBilling();
  const id = await tenant();
  const [chargeId, later] = [await charge(id, '2026-02-10T18:00:00Z'), await charge(id, '2026-03-10T18:00:00Z')];
  await issue(sql, '2026-03');
  const [billed] = await sql<{ id: string }[]>`select id from invoice`;
  await transaction(sql, async (tx) => {
    const invoice = await findInvoiceToCredit(tx, billed?.id ?? '');
    if (invoice === undefined) throw new Error('nothing was billed');
    const crediting = { id: randomUUID(), reason: 'not theirs', position: null, billAgain: false };
    await insertCreditNote(tx, creditInvoice(invoice, crediting, new Date('2026-03-05T18:00:00Z')));
  });
  for (const one of [chargeId, later]) await dispute({ chargeId: one }, '2026-03-26T18:00:00Z');
  await issue(sql, '2026-04');
  expect((await invoices(sql)).at(-1)?.lines).toEqual([
    'charge qualified-lead 2026-03-01 2026-03-31 1 6000', 'dispute qualified-lead 2026-03-10 2026-03-10 1 -6000',
    'tax IVA 2026-03-01 2026-03-31 1 0',
  ]);
});

test('a month is the tenant’s own: the last minute here is another month there', async () => {
  const { sql, tenant, charge } = await openBilling();
  const madrid = await tenant({ country: 'ES', currency: 'EUR', timeZone: 'Europe/Madrid' });
  const tijuana = await tenant({ timeZone: 'America/Tijuana' });
  // In Madrid it is March 31 until 22:00 UTC, in Tijuana until April 1, 07:00.
  await charge(madrid, '2026-03-31T21:59:59Z', { currency: 'EUR', minor: 100 });
  await charge(madrid, '2026-03-31T22:00:00Z', { currency: 'EUR', minor: 200 });
  await charge(tijuana, '2026-04-01T06:59:59Z', { minor: 300 });
  await charge(tijuana, '2026-04-01T07:00:00Z', { minor: 400 });
  for (const month of ['2026-04', '2026-05']) await issue(sql, month);
  expect((await invoices(sql)).map(({ number, month, sums }) => [number, month, sums[0]])).toEqual([
    ['ES-2026-000001', '2026-03', 100n], ['MX-2026-000001', '2026-03', 300n],
    ['ES-2026-000002', '2026-04', 200n], ['MX-2026-000002', '2026-04', 400n],
  ]);
});

test('where a deployment has its jobs on another wall, the month is that wall’s', async () => {
  const { sql, tenant, charge } = await openBilling();
  const id = await tenant({ country: 'ES', timeZone: 'Europe/Madrid' });
  await charge(id, '2026-03-31T20:00:00Z');
  const [moved] = reschedule([issueInvoices], { crons: {}, timeZone: 'Europe/Madrid' });
  if (moved === undefined) throw new Error('there is one job');
  await runSlot(sql, moved, { ports: {}, scheduledFor: new Date('2026-04-01T03:00:00Z') });
  expect((await sql`select period_start::text as start, period_end::text as end from invoice`)[0]).toEqual({ start: '2026-03-01', end: '2026-03-31' });
});

test('a zone that only the API knows is taken for UTC, and keeps nobody from being billed', async () => {
  const { sql, tenant, charge } = await openBilling();
  const odd = await tenant({ timeZone: 'AET' }); // PostgreSQL refuses it
  await charge(odd, '2026-03-31T23:59:59Z', { minor: 100 });
  await charge(odd, '2026-04-01T00:00:00Z', { minor: 200 });
  await charge(await tenant(), '2026-03-15T12:00:00Z', { minor: 300 });
  await issue(sql, '2026-04');
  expect((await invoices(sql)).map(({ sums }) => sums[0])).toEqual([100n, 300n]);
});

test('nothing to bill is no invoice, and each currency has its own', async () => {
  const { sql, tenant, subscription, charge } = await openBilling();
  await tenant();
  const later = await tenant();
  await subscription(later, { startsOn: '2026-04-01' });
  const both = await tenant();
  await charge(both, '2026-03-05T12:00:00Z', { currency: 'USD', minor: 400 });
  await charge(both, '2026-03-05T12:00:00Z', { currency: 'MXN', minor: 6_000 });
  await issue(sql, '2026-04');
  expect((await sql`select tenant_id, currency, number from invoice order by number`).map((row) => Object.values(row))).toEqual([
    [both, 'MXN', 'MX-2026-000001'], [both, 'USD', 'MX-2026-000002'],
  ]);
});

test('what comes late is in the next invoice, and nothing is billed twice', async () => {
  const { sql, tenant, subscription, charge, dispute } = await openBilling();
  const id = await tenant();
  const first = await charge(id, '2026-02-05T12:00:00Z');
  await issue(sql, '2026-03');
  await charge(id, '2026-02-28T12:00:00Z'); // consumed after its month was billed
  await subscription(id, { startsOn: '2026-01-31', minor: 100 }); // dated back
  await dispute({ chargeId: first }, '2026-02-10T12:00:00Z');
  for (const month of ['2026-03', '2026-04', '2026-05']) await issue(sql, month);
  expect((await invoices(sql)).map(({ month, lines }) => [month, ...lines.filter((line) => !line.startsWith('tax'))])).toEqual([
    ['2026-02', 'charge qualified-lead 2026-02-01 2026-02-28 1 6000'],
    [
      '2026-03',
      'subscription basic 2026-01-31 2026-02-27 1 100', 'subscription basic 2026-02-28 2026-03-30 1 100',
      'subscription basic 2026-03-31 2026-04-29 1 100', 'charge qualified-lead 2026-02-01 2026-02-28 1 6000',
      'dispute qualified-lead 2026-02-05 2026-02-05 1 -6000',
    ],
    ['2026-04', 'subscription basic 2026-04-30 2026-05-30 1 100'],
  ]);
});

test('a series is of a country and the year in which it is issued', async () => {
  const { sql, tenant, charge } = await openBilling();
  const [one, other] = [await tenant(), await tenant({ country: 'CO', timeZone: 'America/Bogota' })];
  for (const id of [one, other]) for (const month of ['2025-11', '2025-12', '2026-01']) await charge(id, `${month}-15T12:00:00Z`);
  for (const month of ['2025-12', '2026-01', '2026-02']) await issue(sql, month);
  expect((await invoices(sql)).map(({ number }) => number)).toEqual([
    'CO-2025-000001', 'MX-2025-000001', 'CO-2026-000001', 'MX-2026-000001', 'CO-2026-000002', 'MX-2026-000002',
  ]);
});

/** Many tenants with a subscription, in more than two parts. */
async function manyTenants(sql: Sql, count = 2_100) {
  await sql`
    insert into tenant (id, owner_user_id, name, country, currency, time_zone, created_at)
    select gen_random_uuid(), gen_random_uuid(), 'Taller ' || nth, case nth % 3 when 0 then 'CO' else 'MX' end, 'MXN',
           'America/Bogota', '2026-01-01'
    from generate_series(1, ${count}) nth
  `;
  await sql`
    insert into tenant_subscription (id, tenant_id, plan, period, price_minor, currency, starts_on, created_at)
    select gen_random_uuid(), id, 'basic', 'monthly', 49900, 'MXN', '2026-03-31', '2026-01-01' from tenant
  `;
}

/** What is missing of each series, between its first and last number. */
const gaps = (sql: Sql) => sql`
  select series
  from invoice_series
  full join (select series, count(*) as n, max(place) as last from invoice group by series) kept using (series)
  where (n, last) is distinct from (last_number, last_number)
`;

test('the same slot again, and twice at once, leaves the same rows to the byte', { timeout: 60_000 }, async () => {
  const { sql } = await openBilling();
  await manyTenants(sql);
  await Promise.all([issueAtOnce(sql, '2026-04'), issueAtOnce(sql, '2026-04')]);
  const before = await everyInvoice(sql);
  expect(await sql`select count(*)::integer as n from invoice`).toEqual([{ n: 2_100 }]);
  expect(await eventsOf(sql, 'InvoiceIssued')).toHaveLength(2_100);
  for (const _ of [1, 2, 3]) await issueAtOnce(sql, '2026-04');
  await Promise.all([1, 2, 3, 4].map(() => issueAtOnce(sql, '2026-04')));
  expect(await everyInvoice(sql) === before).toBe(true);
  expect(await gaps(sql)).toEqual([]);
});

test('a run that is stopped between two parts is gone on with from there, and leaves no gap', { timeout: 60_000 }, async () => {
  const { sql } = await openBilling();
  await manyTenants(sql);
  await sql`insert into job (name, planned_until) values ('issue-invoices', '2999-01-01')`;
  await sql`insert into job_run (job_name, scheduled_for) values ('issue-invoices', ${slotOf('2026-04')})`;
  let [parts, stop] = [0, new AbortController()];
  const count = () => {
    parts += 1;
    if (parts === 2) stop.abort();
  };
  subscribe('columna:job.chunk', count);
  onTestFinished(() => void unsubscribe('columna:job.chunk', count));
  const work = () => runJob(issueInvoices, {
    sql, ports: {}, log: openLog({ process: 'test', level: 'silent' }), metrics: jobMetrics(new Registry()),
    worker: 'test', leaseMs: 30_000, stop: stop.signal,
  });
  const state = () => sql`select outcome, (select count(*)::integer from invoice) as issued from job_run`;
  await work();
  expect(await state()).toEqual([{ outcome: 'due', issued: 2_000 }]);
  stop = new AbortController();
  await work();
  expect(await state()).toEqual([{ outcome: 'caught-up', issued: 2_100 }]);
  expect(parts).toBe(3);
  expect(await gaps(sql)).toEqual([]);
});

test('a slot after months without one bills each of them by an invoice of its own', async () => {
  const { sql, tenant, charge } = await openBilling();
  const id = await tenant();
  for (const day of ['2026-02-10', '2026-03-10']) await charge(id, `${day}T18:00:00Z`);
  await runSlot(sql, issueInvoices, { ports: {}, scheduledFor: slotOf('2026-04'), coveredUntil: new Date('2026-02-01T06:00:00Z') });
  expect((await invoices(sql)).map(({ number, month }) => `${number} ${month}`)).toEqual(['MX-2026-000001 2026-02', 'MX-2026-000002 2026-03']);
});
