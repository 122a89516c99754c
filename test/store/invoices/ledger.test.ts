import { expect, test } from 'vitest';
import { transaction } from '../../../src/platform/transaction.ts';
import { openLedger } from '../../support/ledger.ts';

async function open() {
  const world = await openLedger();
  const { tenantId, charge, issue, invoiceOf } = world;
  const chargeId = await charge(tenantId, '2026-03-10T18:00:00Z', { kind: 'closed-ticket', minor: 12_000 });
  await issue('2026-04');
  return { ...world, chargeId, invoiceId: await invoiceOf('2026-03') };
}

test('the database refuses an entry that takes or gives twice, or follows none', async () => {
  const { sql, tenantId, chargeId, invoiceId } = await open();
  const add = (turn: number, amount: number, balance: number, source = chargeId) => sql`
    insert into ledger_entry (
      kind, source_id, starts_on, turn, tenant_id, currency, amount_minor, balance_minor, invoice_id, position
    )
    values ('charge', ${source}, '-infinity', ${turn}, ${tenantId}, 'MXN', ${amount}, ${balance}, ${invoiceId}, 1)
  `;
  await expect(add(1, 12_000, 12_000)).rejects.toThrow(/ledger_entry_pkey/); // billed again
  await expect(add(2, 12_000, 24_000)).rejects.toThrow(/ledger_entry_whole/); // billed while it is owed
  await expect(add(2, -5_000, 7_000)).rejects.toThrow(/ledger_entry_whole/); // given back in part
  await expect(add(2, -13_000, 0)).rejects.toThrow(/ledger_entry_follows/); // more than was taken
  await expect(add(3, -12_000, 0)).rejects.toThrow(/ledger_entry_follows/); // after an entry that is not there
  await expect(add(2, -12_000, 0)).rejects.toThrow(/not the sum of its entries/); // on a line that does not say so
  await expect(add(1, 12_000, 12_000, tenantId)).rejects.toThrow(/ledger_entry_charge/); // of nothing
});

test('what is on record in the ledger can’t be changed or taken away', async () => {
  const { sql } = await open();
  for (const statement of ['update ledger_entry set amount_minor = 1', 'delete from ledger_entry', 'truncate ledger_entry']) {
    await expect(sql.unsafe(statement), statement).rejects.toThrow(/frozen/);
  }
});

test('nothing is billed or credited beside the ledger, as an older release would', async () => {
  const { sql, tenantId, invoiceId } = await open();
  const document = (kind: 'invoice' | 'credit-note') => transaction(sql, async (tx) => {
    const [series, credits, reason] = kind === 'invoice' ? ['MX-2026', null, null] : ['MX-NC-2026', invoiceId, 'x'];
    await tx`insert into invoice_series (series, last_number) values (${series}, 9) on conflict do nothing`;
    await tx`
      insert into invoice (
        id, kind, series, place, tenant_id, tenant_name, country, currency, period_start, period_end, issued_at, issued_on,
        net_minor, tax_minor, total_minor, line_count, credits, reason
      )
      values (
        ${tenantId}, ${kind}, ${series}, 9, ${tenantId}, 'x', 'MX', 'MXN', '2026-07-01', '2026-07-31', now(), '2026-08-01',
        500, 0, 500, 1, ${credits}, ${reason}
      )
    `;
    await tx`
      insert into invoice_line (
        invoice_id, position, kind, detail, starts_on, ends_on, quantity, unit_minor, rate_basis_points, amount_minor
      )
      values (${tenantId}, 1, 'charge', 'closed-ticket', '2026-07-01', '2026-07-31', 1, 500, 0, 500)
    `;
  });
  for (const kind of ['invoice', 'credit-note'] as const) {
    await expect(document(kind), kind).rejects.toThrow(/not the sum of its entries/);
  }
  expect(await sql`select count(*)::integer as documents from invoice`).toEqual([{ documents: 1 }]);
});
