import { expect, test } from 'vitest';
import { transaction } from '../../../src/platform/transaction.ts';
import { issueMonthlyInvoices } from '../../../src/store/invoices/monthly-invoices.ts';
import { openBilling } from '../../support/billing.ts';

const all = { after: '00000000-0000-0000-0000-000000000000', upTo: 'ffffffff-ffff-ffff-ffff-ffffffffffff' };

/** A tenant with clicks of the end of March, and what its invoices of March and April charge. */
async function open() {
  const { sql, tenant, charge, dispute } = await openBilling();
  const tenantId = await tenant();
  const click = async (at: string, held: { readonly until?: string; readonly struck?: boolean } = {}) => {
    const id = await charge(tenantId, at, { kind: 'whatsapp-click', minor: 450 });
    await sql`
      update performance_charge
      set held_until = ${held.until ?? '-infinity'}::text::timestamptz, struck_at = ${held.struck === true ? at : null}::timestamptz,
          struck_reason = ${held.struck === true ? 'click velocity' : null}::text
      where id = ${id}
    `;
    return id;
  };
  const bill = (month: string, issuedAt: string) =>
    transaction(sql, (tx) => issueMonthlyInvoices(tx, { tenants: all, month, issuedAt: new Date(issuedAt) }));
  const billed = async () => {
    const rows = await sql<{ month: string; charges: number }[]>`
      select period_start::text as month, sum(quantity)::integer as charges
      from invoice join invoice_line on invoice_id = invoice.id and invoice_line.kind = 'charge'
      group by 1 order by 1
    `;
    return Object.fromEntries(rows.map(({ month, charges }) => [month, charges]));
  };
  return { sql, click, dispute, bill, billed };
}

test('a click that is held when its month is billed is billed with the next, and one that is struck out with none', async () => {
  const { click, bill, billed } = await open();
  await click('2026-03-20T12:00:00Z', { until: '2026-03-22T12:00:00Z' });
  await click('2026-03-31T12:00:00Z', { until: '2026-04-02T12:00:00Z' });
  await click('2026-03-20T12:00:00Z', { until: '2026-03-22T12:00:00Z', struck: true });
  await click('2026-03-20T12:00:00Z', { until: 'infinity' });
  await bill('2026-03-01', '2026-04-01T09:00:00Z');
  expect(await billed()).toEqual({ '2026-03-01': 1 });
  await bill('2026-04-01', '2026-05-01T09:00:00Z');
  expect(await billed()).toEqual({ '2026-03-01': 1, '2026-04-01': 1 });
});

test('a charge that was billed cannot be struck out, nor one that was struck out be billed', async () => {
  const { sql, click, bill } = await open();
  const charged = await click('2026-03-20T12:00:00Z');
  await bill('2026-03-01', '2026-04-01T09:00:00Z');
  const strike = sql`update performance_charge set struck_at = now(), struck_reason = 'operator' where id = ${charged}`;
  await expect(strike).rejects.toMatchObject({ constraint_name: 'performance_charge_struck_free' });
  const struck = await click('2026-04-20T12:00:00Z', { struck: true });
  const charge = sql`update performance_charge set invoice_id = (select id from invoice limit 1) where id = ${struck}`;
  await expect(charge).rejects.toMatchObject({ constraint_name: 'performance_charge_struck_free' });
});
