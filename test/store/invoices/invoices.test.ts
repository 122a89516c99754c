import { v7 as uuidv7 } from 'uuid';
import { expect, onTestFinished, test } from 'vitest';
import { creditInvoice } from '../../../src/domain/invoices/credit-note.ts';
import { openPostgres, type Sql, type Tx } from '../../../src/platform/postgres.ts';
import { transaction } from '../../../src/platform/transaction.ts';
import { findInvoice, findInvoiceToCredit, insertCreditNote, listInvoices } from '../../../src/store/invoices/invoices.ts';
import { issueMonthlyInvoices } from '../../../src/store/invoices/monthly-invoices.ts';
import { openBilling } from '../../support/billing.ts';
import { race } from '../../support/race.ts';

const RACERS = 24;
const APRIL = new Date('2026-04-01T11:00:00Z');
const before = (id: string) => `${id.slice(0, -12)}${(BigInt(`0x${id.slice(-12)}`) - 1n).toString(16).padStart(12, '0')}`;
const issue = (tx: Tx, first: string, last = first) =>
  issueMonthlyInvoices(tx, { tenants: { after: before(first), upTo: last }, month: '2026-03-01', issuedAt: APRIL });

/** Tenants with something to bill, and more connections than a process has. */
async function open(count = RACERS) {
  const world = await openBilling();
  const ids = [];
  for (let nth = 0; nth < count; nth += 1) {
    const id = await world.tenant();
    await world.charge(id, '2026-03-15T12:00:00Z');
    ids.push(id);
  }
  const many = openPostgres({ url: world.url, name: 'test', connections: RACERS + 2 });
  onTestFinished(() => many.end({ timeout: 1 }));
  return { ...world, many, ids };
}

const places = async (sql: Sql) => (await sql<{ place: number }[]>`select place from invoice order by place`).map(({ place }) => place);
const upTo = (count: number) => Array.from({ length: count }, (_, nth) => nth + 1);

test('numbers have no gap, though many take them at once, some roll back and some are killed', async () => {
  const { sql, many, ids } = await open();
  const [first = '', ...others] = ids;
  const fates = ['commits', 'commits', 'rolls back', 'is killed'] as const;
  const outcomes = await race(many, { hold: (tx) => issue(tx, first), racers: others.length }, () =>
    Promise.allSettled(others.map((id, nth) => transaction(many, async (tx) => {
      const [{ pid } = { pid: 0 }] = await tx<{ pid: number }[]>`select pg_backend_pid() as pid`;
      expect(await issue(tx, id)).toHaveLength(1);
      const fate = fates[nth % fates.length];
      if (fate === 'rolls back') throw new Error('not this one');
      if (fate === 'is killed') await sql`select pg_terminate_backend(${pid})`;
      await tx`select 1`;
    }))));
  const failed = outcomes.filter(({ status }) => status === 'rejected').length;
  expect(failed).toBe(others.filter((_, nth) => nth % fates.length > 1).length);
  expect(await places(sql)).toEqual(upTo(RACERS - failed));
  // Who failed is billed in the next try.
  await transaction(sql, (tx) => issue(tx, first, ids.at(-1)));
  expect(await places(sql)).toEqual(upTo(RACERS));
  expect(await sql`select series, last_number from invoice_series`).toEqual([{ series: 'MX-2026', last_number: RACERS }]);
});

test('two who issue the same invoices at once: one does, the other waits and finds nothing to bill', async () => {
  const { sql, many, ids } = await open(1);
  const [id = ''] = ids;
  const outcomes = await race(many, { hold: (tx) => issue(tx, id), racers: 1 }, () =>
    Promise.allSettled([transaction(many, (tx) => issue(tx, id))]));
  expect(outcomes).toEqual([{ status: 'fulfilled', value: [] }]);
  expect(await places(sql)).toEqual([1]);
  expect(await transaction(sql, (tx) => issue(tx, id))).toEqual([]);
  expect(await sql`select last_number from invoice_series`).toEqual([{ last_number: 1 }]);
});

test('the number after the 999,999th has a digit more', async () => {
  const { sql, ids: [id = ''] } = await open(1);
  await sql`insert into invoice_series (series, last_number) values ('MX-2026', 999999)`;
  expect(await transaction(sql, (tx) => issue(tx, id))).toMatchObject([{ number: 'MX-2026-1000000' }]);
});

test('what was issued can’t be changed, taken away or added to', async () => {
  const { sql, ids: [id = ''] } = await open(1);
  await transaction(sql, (tx) => issue(tx, id));
  const line = `select id, 9, 'charge', 'x', '2026-03-01'::date, '2026-03-01'::date, 1, 1, 0, 1 from invoice`;
  const columns = 'invoice_id, position, kind, detail, starts_on, ends_on, quantity, unit_minor, rate_basis_points, amount_minor';
  for (const statement of [
    'update invoice set total_minor = total_minor', "update invoice set reason = 'x' where false", 'delete from invoice',
    'truncate invoice cascade', 'update invoice_line set amount_minor = 0', 'delete from invoice_line',
    'truncate invoice_line',
    `insert into invoice_line (${columns}) ${line}`, // a line too many
    `insert into invoice_line (${columns}) values (gen_random_uuid(), 9, 'charge', 'x', '2026-03-01', '2026-03-01', 1, 1, 0, 1)`,
  ]) {
    await expect(sql.unsafe(statement), statement).rejects.toThrow(/frozen|sum of its lines|foreign key/);
  }
  const [kept] = await listInvoices(sql, id, { before: undefined, limit: 5 });
  expect(kept).toMatchObject({ net: 6_000n, tax: 960n, total: 6_960n });
});

const crediting = { reason: 'billed by mistake', position: null, billAgain: false } as const;

/** Takes an invoice back as the API does. */
const credit = (sql: Sql, id: string) => transaction(sql, async (tx) => {
  const invoice = await findInvoiceToCredit(tx, id);
  if (invoice === undefined) throw new Error('there is no such invoice');
  return insertCreditNote(tx, creditInvoice(invoice, { ...crediting, id: uuidv7() }, new Date('2026-04-10T12:00:00Z')));
});

test('credit notes mirror their invoice, once, under numbers of their own without a gap', async () => {
  const { sql, many, ids } = await open(8);
  for (const id of ids) await transaction(sql, (tx) => issue(tx, id));
  const rows = await sql<{ id: string }[]>`select id from invoice order by place`;
  const twice = [...rows, ...rows];
  const outcomes = await Promise.allSettled(twice.map(({ id }) => credit(many, id)));
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(8);
  const notes = await sql<{ id: string; number: string; credits: string }[]>`
    select id, number, credits from invoice where kind = 'credit-note' order by place
  `;
  expect(notes.map(({ number }) => number)).toEqual(upTo(8).map((place) => `MX-NC-2026-00000${place}`));
  const [note, invoice] = [await findInvoice(sql, notes[0]?.id ?? ''), await findInvoice(sql, notes[0]?.credits ?? '')];
  expect(note).toMatchObject({
    kind: 'credit-note', net: -6_000n, tax: -960n, total: -6_960n, reason: 'billed by mistake', issuedOn: '2026-04-10',
    creditedBy: null, creditsNumber: invoice?.number,
  });
  expect(invoice?.creditedBy).toBe(note?.id);
  expect(note?.lines).toEqual(invoice?.lines.map((line) => ({ ...line, sourceId: null, unit: -line.unit, amount: -line.amount })));
  await expect(credit(sql, note?.id ?? '')).rejects.toThrow(/cannot be credited/);
});
