import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { captured, deliver, refunded } from '../../support/money.ts';
import { signInOperator } from '../../support/operator.ts';
import { openReconciling } from '../../support/reconciling.ts';

const PATH = '/backoffice/ui/payment-mismatches';

async function open() {
  const opened = await openReconciling();
  await opened.pay('a', 100);
  await opened.bring(['a 101', 'b 5', 'c 6']);
  await opened.reconcile();
  const operator = await signInOperator(opened.app);
  const reader = await signInOperator(opened.app, 'backoffice:read');
  const idOf = async (payment: string) => (await opened.listed()).find(({ providerPaymentId }) => providerPaymentId === payment)?.mismatchId ?? '';
  return { ...opened, operator, reader, idOf };
}

test('mismatches are listed with both amounts, by kind and state, page by page', async () => {
  const { operator } = await open();
  const page = await operator.read(PATH);
  expect(['<code>a</code>', 'MX$1.01', 'MX$1.00', 'Amounts differ', 'Unknown here'].filter((text) => !page.includes(text))).toEqual([]);
  expect(await operator.read(`${PATH}?kind=duplicate`)).not.toContain('<code>a</code>');
  const first = await operator.read(`${PATH}?limit=2`);
  const next = /href="(\?[^"]*cursor=[^"]*)"/.exec(first)?.[1]?.replaceAll('&amp;', '&') ?? '';
  expect((await operator.read(PATH + next)).match(/<tr>/g)).toHaveLength(2);
  expect((await operator.get(`${PATH}/${randomUUID()}`)).status).toBe(404);
});

test('an operator resolves a mismatch on its page, and a reader may only look', async () => {
  const { operator, reader, idOf, mismatches } = await open();
  const one = `${PATH}/${await idOf('a')}`;
  expect(await operator.read(one)).toContain('Resolve mismatch');
  expect(await reader.read(one)).not.toContain('Resolve mismatch');
  expect((await reader.send(`${one}/resolve`, { reason: 'r' })).status).toBe(403);
  expect((await operator.send(`${one}/resolve`, { reason: '' })).status).toBe(422);
  expect((await operator.send(`${one}/resolve`, { reason: 'The bank took one.' })).status).toBe(303);
  const page = await operator.read(one);
  expect(['The bank took one.', 'Resolved by an operator'].every((text) => page.includes(text))).toBe(true);
  expect(page).not.toContain('<button>Resolve mismatch');
  expect((await mismatches())[0]).toBe('amount-differs a 101/100 resolved by operator');
  expect(await operator.read(PATH)).not.toContain('<code>a</code>');
  expect(await operator.read(`${PATH}?state=all`)).toContain('<code>a</code>');
});

test('a mismatch that a webhook raised shows the delivery', async () => {
  const { app, tenantId, operator, listed } = await open();
  await deliver(app, captured(tenantId, { paymentId: 'a', amountMinor: 7 }), { deliveryId: 'whd_odd' });
  await deliver(app, refunded(tenantId, { paymentId: 'a', amountMinor: 900 }), { deliveryId: 'whd_refund' });
  const odd = (await listed()).find(({ kind }) => kind === 'refund-differs')?.mismatchId ?? '';
  const page = await operator.read(`${PATH}/${odd}`);
  expect(['whd_refund', 'Refund that cannot be true', 'Resolve mismatch'].filter((text) => !page.includes(text))).toEqual([]);
  expect(await operator.read(PATH)).toContain('Refund that cannot be true');
});

test('a report that cannot be read shows which fields, and is listed and resolved like the others', async () => {
  const { app, tenantId, operator, listed } = await open();
  await deliver(app, captured(tenantId, { paymentId: 'odd', amountMinor: '12.50', currency: 'pesos' }), { deliveryId: 'whd_unreadable' });
  const id = (await listed()).find(({ kind }) => kind === 'unreadable')?.mismatchId ?? '';
  const page = await operator.read(`${PATH}/${id}`);
  expect(['whd_unreadable', 'Report that cannot be read', 'data.amountMinor must be', 'data.currency must be'].filter((text) => !page.includes(text))).toEqual([]);
  expect(page).not.toContain('12.50');
  expect((await operator.send(`${PATH}/${id}/resolve`, { reason: 'The provider sent it again.' })).status).toBe(303);
  expect(await operator.read(`${PATH}?kind=unreadable`)).not.toContain('<code>odd</code>');
});
