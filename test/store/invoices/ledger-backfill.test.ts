import { readdirSync, readFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Sql } from '../../../src/platform/postgres.ts';
import { transaction } from '../../../src/platform/transaction.ts';
import { billingFacts } from '../../support/billing.ts';
import { createDatabase } from '../../support/database.ts';

const FOLDER = new URL('../../../migrations/', import.meta.url);
const LEDGER = '0030_ledger.sql';
const read = (name: string) => readFileSync(new URL(name, FOLDER), 'utf8');

/** A database as it was before the ledger. */
async function openOld() {
  const { sql } = await createDatabase();
  await sql`drop schema public cascade`;
  await sql`create schema public`;
  const before = readdirSync(FOLDER).filter((name) => name.endsWith('.sql') && name < LEDGER).sort();
  for (const name of before) await transaction(sql, (tx) => tx.unsafe(read(name)));
  return { sql, ...billingFacts(sql) };
}

interface OldLine {
  readonly kind: string;
  readonly sourceId?: string;
  readonly detail: string;
  readonly on: string;
  readonly quantity?: number;
  readonly unit: number;
}

interface OldDocument {
  readonly tenantId: string;
  readonly month: string;
  readonly place: number;
  readonly credits?: string;
  readonly lines: readonly OldLine[];
}

/** Writes an invoice or a credit note as releases without a ledger did; it has no taxes. */
async function document(sql: Sql, { tenantId, month, place, credits, lines }: OldDocument): Promise<string> {
  const id = randomUUID();
  const [kind, series] = credits === undefined ? ['invoice', 'MX-2026'] : ['credit-note', 'MX-NC-2026'];
  const total = lines.reduce((sum, { unit, quantity = 1 }) => sum + unit * quantity, 0);
  await sql`insert into invoice_series (series, last_number) values (${series ?? ''}, ${place}) on conflict do nothing`;
  await sql`
    insert into invoice (
      id, kind, series, place, tenant_id, tenant_name, country, currency, period_start, period_end, issued_at, issued_on,
      net_minor, tax_minor, total_minor, line_count, credits, reason
    )
    values (
      ${id}, ${kind ?? ''}, ${series ?? ''}, ${place}, ${tenantId}, 'Taller', 'MX', 'MXN', ${month},
      (${month}::date + interval '1 month')::date - 1, '2026-05-01', '2026-05-01', ${total}, 0, ${total},
      ${lines.length + 1}, ${credits ?? null}, ${credits === undefined ? null : 'x'}
    )
  `;
  const rows = [...lines, { kind: 'tax', detail: 'no-rule', on: month, unit: 0 }].map((line: OldLine, index) => ({
    invoice_id: id, position: index + 1, kind: line.kind, source_id: line.sourceId ?? null, detail: line.detail,
    starts_on: line.on, ends_on: line.on, quantity: line.quantity ?? 1, unit_minor: line.unit, rate_basis_points: 0,
    amount_minor: line.unit * (line.quantity ?? 1),
  }));
  await sql`insert into invoice_line ${sql(rows)}`;
  return id;
}

test('documents of releases without a ledger get their entries, and what was given back twice stands once', async () => {
  const { sql, tenant, subscription, charge, payment, dispute } = await openOld();
  const tenantId = await tenant();
  const sub = await subscription(tenantId);
  const charges = [];
  for (const minor of [6_000, 6_000, 12_000]) charges.push(await charge(tenantId, '2026-03-05T12:00:00Z', { minor }));
  const [first, , contested] = charges;
  const verdict = await dispute({ chargeId: contested ?? '' }, '2026-04-02T12:00:00Z');
  const paymentId = await payment(tenantId, '2026-03-05T12:00:00Z', 500);
  const paid = await dispute({ paymentId }, '2026-04-02T12:00:00Z');
  const period = { kind: 'subscription', detail: 'basic', on: '2026-03-10', unit: 49_900 };
  const leads = { kind: 'charge', detail: 'qualified-lead', on: '2026-03-01' };
  const march = await document(sql, { tenantId, month: '2026-03-01', place: 1, lines: [
    { ...period, sourceId: sub }, { ...leads, quantity: 2, unit: 6_000 }, { ...leads, unit: 12_000 },
  ] });
  await sql`update performance_charge set invoice_id = ${march}`;
  await document(sql, { tenantId, month: '2026-04-01', place: 2, lines: [
    { kind: 'dispute', sourceId: verdict, detail: 'qualified-lead', on: '2026-03-05', unit: -12_000 },
    { kind: 'dispute', sourceId: paid, detail: 'payment', on: '2026-03-05', unit: -500 },
  ] });
  await document(sql, { tenantId, month: '2026-03-01', place: 1, credits: march, lines: [
    { ...period, unit: -49_900 }, { ...leads, quantity: 2, unit: -6_000 }, { ...leads, unit: -12_000 },
  ] });
  await transaction(sql, (tx) => tx.unsafe(read(LEDGER)));
  const chain = (sourceId: string) => sql`
    select turn, amount_minor as amount, position, dispute_id as dispute from ledger_entry
    where source_id = ${sourceId} order by turn
  `;
  expect(await chain(sub)).toMatchObject([{ amount: '49900', position: 1 }, { amount: '-49900', position: 1 }]);
  expect(await chain(first ?? '')).toMatchObject([{ amount: '6000', position: 2 }, { amount: '-6000', position: 2 }]);
  expect(await chain(contested ?? '')).toMatchObject([
    { amount: '12000', position: 3, dispute: null }, { amount: '-12000', position: 1, dispute: verdict },
  ]);
  expect(await chain(paymentId)).toMatchObject([{ turn: 1, amount: '-500', position: 2, dispute: paid }]);
  expect(await sql`select count(*)::integer as n from ledger_entry where due_again`).toEqual([{ n: 0 }]);
  expect(await sql`select line.credits_position as at from invoice_line line join invoice on id = invoice_id and credits is not null order by position`)
    .toEqual([{ at: 1 }, { at: 2 }, { at: 3 }, { at: null }]);
});
