import { expect, test } from 'vitest';
import { compareAccounts, comparePaidOut, readAccounts, type Balance } from '../../dev/story/check-balances.ts';
import { createApp } from '../../src/api/app.ts';
import { closePayoutCycles } from '../../src/jobs/close-payout-cycles.ts';
import { issueInvoices } from '../../src/jobs/issue-invoices.ts';
import type { Sql } from '../../src/platform/postgres.ts';
import { listAccounts } from '../../src/store/invoices/accounts.ts';
import { appDeps, signInOperators } from '../support/app.ts';
import { openBilling, slotOf } from '../support/billing.ts';
import { openEarning } from '../support/earning.ts';
import { runSlot } from '../support/jobs.ts';

async function readShown(sql: Sql): Promise<Balance[]> {
  const tenants = await sql<{ id: string }[]>`select id from tenant`;
  const accounts = await Promise.all(tenants.map(async ({ id: tenantId }) => (await listAccounts(sql, tenantId)).map(
    ({ currency, billed, received, due, excess }) =>
      ({ tenantId, currency, billed: Number(billed), received: Number(received), due: Number(due), excess: Number(excess) }),
  )));
  return accounts.flat();
}

const compare = async (sql: Sql) => compareAccounts(await readAccounts(sql), await readShown(sql));

/** Four tenants in April: one pays, one gets a refund, one a verdict, and one a credit note of a contested month. */
async function openAccounts() {
  const world = await openBilling();
  const { sql, tenant, subscription, charge, payment, refund, dispute } = world;
  const ids = [];
  for (let nth = 0; nth < 4; nth += 1) {
    const id = await tenant();
    await subscription(id, { startsOn: '2026-03-10' });
    await charge(id, '2026-03-12T18:00:00Z', { minor: 125 });
    const paymentId = await payment(id, '2026-03-11T18:00:00Z', 49_900);
    await payment(id, '2026-03-11T18:00:00Z', 100, 'JPY');
    if (nth === 1) await refund(paymentId, '2026-03-14T18:00:00Z', 9_900);
    if (nth >= 2) await dispute({ paymentId }, '2026-03-15T18:00:00Z');
    ids.push(id);
  }
  await runSlot(sql, issueInvoices, { ports: {}, scheduledFor: slotOf('2026-04') });
  const operator = await signInOperators(createApp(appDeps(sql)));
  const [invoice] = await sql<{ id: string }[]>`select id from invoice where tenant_id = ${ids[3] ?? ''}`;
  await operator.post(`/backoffice/invoices/${invoice?.id}/credit`, { reason: 'x', billAgain: false });
  return { sql, ids };
}

test('the independent accounts are those of the system, and a changed document is seen', async () => {
  const { sql, ids } = await openAccounts();
  expect(await compare(sql)).toEqual({ figure: 'accounts', compared: 4, differences: 0 });
  const gross = 58_029; // 500.25 MXN and 16 %, half-even
  const expected = [[gross, 49_900], [gross, 40_000], [gross - 49_900, 0], [0, 49_900]];
  const accounts = await readAccounts(sql);
  expect(ids.map((id) => accounts.find(({ tenantId }) => tenantId === id))).toEqual(expected.map(([billed = 0, received = 0]) =>
    expect.objectContaining({ billed, received, due: Math.max(0, billed - received), excess: Math.max(0, received - billed) })));

  await sql`alter table invoice disable trigger invoice_frozen`;
  await sql`update invoice set net_minor = net_minor + 1, total_minor = total_minor + 1 where tenant_id = ${ids[0] ?? ''}`;
  expect(await compare(sql)).toMatchObject({ differences: 1 });
});

test('an account that one side lacks is a difference', async () => {
  const { sql } = await openAccounts();
  const shown = await readShown(sql);
  expect(compareAccounts(await readAccounts(sql), shown.slice(1))).toMatchObject({ compared: 4, differences: 1 });
  expect(compareAccounts([], shown)).toMatchObject({ compared: 4, differences: 4 });
});

test('a payout beyond what the payments leave is seen, and so is an ambassador who was passed over', async () => {
  const { sql, attribute, capture, refund, start, settle } = await openEarning();
  await attribute();
  start();
  for (const paymentId of ['a', 'b']) await capture({ paymentId, amountMinor: 300_000, occurredAt: '2026-03-10T18:00:00Z' });
  await refund({ paymentId: 'b', amountMinor: 300_000, occurredAt: '2026-03-12T18:00:00Z' });
  await settle();
  await runSlot(sql, closePayoutCycles, { ports: {}, scheduledFor: new Date('2026-04-01T10:00:00Z') });
  expect(await comparePaidOut(sql)).toEqual({ figure: 'ambassadors’ payouts', compared: 1, differences: 0 });
  await sql`update payout_cycle set payable_minor = payable_minor + 1, carried_in_minor = carried_in_minor + 1`;
  expect(await comparePaidOut(sql)).toMatchObject({ differences: 1 });
  await sql`update payout_cycle set ambassador_user_id = gen_random_uuid(), payable_minor = payable_minor - 1, carried_in_minor = carried_in_minor - 1`;
  expect(await comparePaidOut(sql)).toMatchObject({ compared: 2, differences: 2 });
});
