import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { json, signIn } from '../../support/app.ts';
import { openLedger } from '../../support/ledger.ts';
import { captured, deliver } from '../../support/money.ts';
import { signInOperator } from '../../support/operator.ts';

const mxn = (minor: number) => ({ minor, currency: 'MXN' });
const ticket = { kind: 'closed-ticket', minor: 12_000 }; // 13,920 with its tax

/** A ledger with its reading: accounts, and how each month's invoice stands. */
async function open() {
  const world = await openLedger();
  const { app, operator, tenantId, invoiceOf } = world;
  const owner = await signIn(app, { roles: ['tenant'], tenantId });
  const account = async () => json(await owner.get(`/tenants/${tenantId}/account`));
  const standing = async (month: string) => (await json(await owner.get(`/invoices/${await invoiceOf(month)}`)))['standing'];
  const mismatches = async (query = '') =>
    (await json(await operator.get(`/backoffice/account-mismatches${query}`)))['mismatches'];
  return { ...world, owner, account, standing, mismatches };
}

test('payments pay the oldest invoice first, and what is too much is an excess', async () => {
  const { charge, payment, issue, account, standing, mismatches, tenantId } = await open();
  for (const month of ['03', '04']) await charge(tenantId, `2026-${month}-10T18:00:00Z`, ticket);
  for (const month of ['2026-04', '2026-05']) await issue(month);
  expect(await standing('2026-03')).toEqual({ credited: mxn(0), paid: mxn(0), due: mxn(13_920) });
  expect(await account()).toEqual({
    accounts: [{ billed: mxn(27_840), received: mxn(0), due: mxn(27_840), excess: mxn(0) }], wrongCurrency: [],
  });
  await payment(tenantId, '2026-05-02T18:00:00Z', 20_000);
  expect(await standing('2026-03')).toEqual({ credited: mxn(0), paid: mxn(13_920), due: mxn(0) });
  expect(await standing('2026-04')).toEqual({ credited: mxn(0), paid: mxn(6_080), due: mxn(7_840) });
  expect(await mismatches()).toEqual([{ tenantId, kind: 'due', amount: mxn(7_840), paymentId: null }]);
  await payment(tenantId, '2026-05-03T18:00:00Z', 8_000);
  expect(await standing('2026-04')).toEqual({ credited: mxn(0), paid: mxn(13_920), due: mxn(0) });
  expect(await mismatches()).toEqual([{ tenantId, kind: 'excess', amount: mxn(160), paymentId: null }]);
});

test('a capture in another currency is taken, pays nothing, and is a mismatch', async () => {
  const { app, sql, subscription, issue, account, standing, mismatches, tenantId, refund } = await open();
  const subscriptionId = await subscription(tenantId, { startsOn: '2026-03-10' });
  await issue('2026-04');
  const report = captured(tenantId, { subscriptionId, amountMinor: 1, currency: 'JPY' });
  expect((await deliver(app, report)).status).toBe(200);
  await deliver(app, captured(tenantId, { paymentId: 'pay_usd', amountMinor: 57_884, currency: 'USD' }));
  expect(await standing('2026-03')).toMatchObject({ paid: mxn(0), due: mxn(57_884) });
  const wrong = [
    { tenantId, kind: 'wrong-currency', amount: { minor: 1, currency: 'JPY' } },
    { tenantId, kind: 'wrong-currency', amount: { minor: 57_884, currency: 'USD' } },
  ];
  expect(await account()).toMatchObject({ accounts: [{ received: mxn(0), due: mxn(57_884) }], wrongCurrency: wrong });
  expect(await mismatches('?kind=wrong-currency')).toMatchObject(wrong);
  const [yen] = await sql<{ id: string }[]>`select id from payment where currency = 'JPY'`;
  await refund(yen?.id ?? '', '2026-04-02T12:00:00Z', 1);
  expect(await mismatches('?kind=wrong-currency')).toMatchObject(wrong.slice(1));
});

test('a refund opens the invoice again, and a credit note leaves an excess', async () => {
  const { charge, payment, refund, issue, credit, invoiceOf, account, standing, tenantId } = await open();
  await charge(tenantId, '2026-03-10T18:00:00Z', ticket);
  await issue('2026-04');
  const paymentId = await payment(tenantId, '2026-04-02T18:00:00Z', 13_920);
  await refund(paymentId, '2026-04-03T18:00:00Z', 3_920);
  expect(await standing('2026-03')).toEqual({ credited: mxn(0), paid: mxn(10_000), due: mxn(3_920) });
  await credit(await invoiceOf('2026-03'), { billAgain: false });
  expect(await standing('2026-03')).toEqual({ credited: mxn(13_920), paid: mxn(0), due: mxn(0) });
  expect(await account()).toMatchObject({ accounts: [{ billed: mxn(0), received: mxn(10_000), due: mxn(0), excess: mxn(10_000) }] });
  await refund(paymentId, '2026-04-04T18:00:00Z', 10_000);
  expect(await account()).toMatchObject({ accounts: [{ received: mxn(0), due: mxn(0), excess: mxn(0) }] });
});

test('a payment that is given back on an invoice pays no other, and a later refund changes nothing of the balance', async () => {
  const { charge, payment, dispute, refund, issue, account, standing, tenantId } = await open();
  await charge(tenantId, '2026-03-10T18:00:00Z', ticket);
  const paymentId = await payment(tenantId, '2026-03-12T18:00:00Z', 13_920);
  await issue('2026-04');
  expect(await standing('2026-03')).toMatchObject({ due: mxn(0) });
  await dispute({ paymentId }, '2026-04-20T18:00:00Z');
  await issue('2026-05');
  const balanced = { accounts: [{ due: mxn(0), excess: mxn(0) }] };
  expect(await standing('2026-04')).toEqual({ credited: mxn(0), paid: mxn(-13_920), due: mxn(0) });
  expect(await standing('2026-03')).toMatchObject({ paid: mxn(13_920), due: mxn(0) }); // by April's credit
  expect(await account()).toMatchObject(balanced);
  await refund(paymentId, '2026-05-10T18:00:00Z', 13_920);
  expect(await account()).toMatchObject({ accounts: [{ billed: mxn(0), received: mxn(-13_920), due: mxn(13_920) }] });
  await issue('2026-06');
  expect(await account()).toMatchObject({ accounts: [{ billed: mxn(13_920), received: mxn(0), due: mxn(13_920) }] });
});

test('mismatches come page by page, by tenant and kind', async () => {
  const { tenant, payment, operator, mismatches } = await open();
  const ids = [];
  for (let count = 0; count < 3; count += 1) {
    const id = await tenant();
    ids.push(id);
    await payment(id, '2026-03-10T18:00:00Z', 100);
    await payment(id, '2026-03-10T18:00:00Z', 100, 'USD');
    await payment(id, '2026-03-10T18:00:00Z', 100, 'USD');
  }
  const seen: unknown[] = [];
  for (let cursor = ''; ;) {
    const page = await json(await operator.get(`/backoffice/account-mismatches?limit=2${cursor}`));
    seen.push(...(page['mismatches'] as unknown[]));
    if (page['nextCursor'] === null) break;
    cursor = `&cursor=${String(page['nextCursor'])}`;
  }
  expect(seen).toEqual(await mismatches());
  expect(seen).toHaveLength(9);
  expect(await mismatches(`?tenantId=${ids[1]}&kind=excess`)).toEqual([
    { tenantId: ids[1], kind: 'excess', amount: mxn(100), paymentId: null },
  ]);
  for (const query of ['limit=0', 'kind=owed', 'tenantId=x', 'page=2']) {
    expect([query, (await operator.get(`/backoffice/account-mismatches?${query}`)).status]).toEqual([query, 422]);
  }
  expect((await operator.get('/backoffice/account-mismatches?cursor=bm9uc2Vuc2U')).status).toBe(400);
});

test('an account is its tenant’s and the operators’ to see, and a credit note has no standing', async () => {
  const { app, owner, operator, tenantId, charge, issue, credit, invoiceOf } = await open();
  const stranger = await signIn(app, { roles: ['tenant'], tenantId: randomUUID() });
  const user = await signIn(app);
  const answers = await Promise.all([owner, operator, stranger, user].map((one) => one.get(`/tenants/${tenantId}/account`)));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 404, 403]);
  expect((await operator.get(`/tenants/${randomUUID()}/account`)).status).toBe(404);
  expect((await owner.get('/backoffice/account-mismatches')).status).toBe(403);
  await charge(tenantId, '2026-03-10T18:00:00Z', ticket);
  await issue('2026-04');
  const { note } = await credit(await invoiceOf('2026-03'));
  expect(await json(await owner.get(`/invoices/${String(note['id'])}`))).toMatchObject({ standing: null });
});

test('a tenant whose sums no number holds is listed with the nearest ones, beside the others', async () => {
  const { sql, app, tenant, charge, payment, issue, operator, mismatches, tenantId } = await open();
  const [bad, other] = [await tenant(), await tenant()];
  for (const id of [bad, other, tenantId]) await charge(id, '2026-03-10T18:00:00Z', ticket);
  await issue('2026-04');
  const far = '9223372036854775807';
  for (const currency of ['MXN', 'MXN', 'USD']) {
    const id = await payment(bad, '2026-05-02T18:00:00Z', 1);
    await sql`update payment set amount_minor = ${far}, currency = ${currency} where id = ${id}`;
    if (currency === 'USD') {
      await sql`insert into refund (id, payment_id, provider_refund_id, amount_minor, refunded_at) values (${randomUUID()}, ${id}, 'a', 1, now())`;
    }
  }
  await payment(other, '2026-05-02T18:00:00Z', 13_921);
  const most = Number.MAX_SAFE_INTEGER;
  const listed = (await mismatches()) as { tenantId: string; kind: string; amount: { minor: number } }[];
  expect(listed.map((one) => [one.tenantId, one.kind, one.amount.minor]).toSorted()).toEqual([
    [tenantId, 'due', 13_920], [bad, 'excess', most], [bad, 'wrong-currency', most], [other, 'excess', 1],
  ].toSorted());
  expect(await json(await operator.get(`/tenants/${bad}/account`))).toMatchObject({
    accounts: [{ received: mxn(most), due: mxn(0), excess: mxn(most) }],
  });
  const ui = await signInOperator(app);
  expect(await ui.read('/backoffice/ui/accounts')).toContain(other.slice(-12));
  const [invoice] = await sql<{ id: string }[]>`select id from invoice where tenant_id = ${bad}`;
  expect((await json(await operator.get(`/invoices/${invoice?.id ?? ''}`)))['standing']).toEqual({
    credited: mxn(0),
    paid: mxn(13_920),
    due: mxn(0),
  });
});
