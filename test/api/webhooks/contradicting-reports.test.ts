import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { json, verifiedTenant } from '../../support/app.ts';
import { captured, deliver, failed, moneyEvents, refunded } from '../../support/money.ts';
import { openReconciling } from '../../support/reconciling.ts';

/** A tenant whose payments are reported, another tenant, and what became of a payment. */
async function open() {
  const world = await openReconciling();
  const { sql, app, tenantId } = world;
  const { tenantId: otherId } = await verifiedTenant(app);
  return {
    ...world,
    otherId,
    /** Returns the status and the word of the answer to a report. */
    send: async (report: unknown): Promise<string> => {
      const answer = await deliver(app, report);
      return `${answer.status} ${String((await json(answer))['status'])}`;
    },
    mismatchesOf: async (paymentId: string) =>
      (await world.mismatches()).filter((one) => one.split(' ')[1] === paymentId),
    paymentOf: async (paymentId: string) =>
      (
        await sql`select status, amount_minor as minor, tenant_id = ${tenantId} as ours from payment where provider_payment_id = ${paymentId}`
      )[0],
  };
}

type Ids = Awaited<ReturnType<typeof open>>;
type Row = readonly [
  what: string,
  earlier: readonly (typeof captured)[],
  report: (data: object, ids: Ids) => object,
  answer: string,
  mismatch: string,
];
const amount = (minor: number) => ({ amountMinor: minor });
const rows: readonly Row[] = [
  ['a capture of another amount than a failed attempt', [failed], (data, { tenantId }) => captured(tenantId, { ...data, ...amount(50_000) }), '200 recorded', 'amount-differs 49900/50000'],
  ['a capture in another currency than a failed attempt', [failed], (data, { tenantId }) => captured(tenantId, { ...data, currency: 'USD' }), '200 recorded', 'currency-differs 49900/49900'],
  ['a capture for another tenant than a failed attempt', [failed], (data, { otherId }) => captured(otherId, data), '200 recorded', 'owner-differs 49900/49900'],
  ['a failed attempt of another amount than the capture', [captured], (data, { tenantId }) => failed(tenantId, { ...data, ...amount(50_000) }), '200 mismatch', 'amount-differs 50000/49900'],
  ['a second failed attempt of another amount', [failed], (data, { tenantId }) => failed(tenantId, { ...data, ...amount(1) }), '200 mismatch', 'amount-differs 1/49900'],
  ['a second capture of another amount', [captured], (data, { tenantId }) => captured(tenantId, { ...data, ...amount(1) }), '200 mismatch', 'amount-differs 1/49900'],
  ['a second capture for another tenant', [captured], (data, { otherId }) => captured(otherId, data), '200 mismatch', 'owner-differs 49900/49900'],
  ['a capture for a tenant that does not exist', [], (data) => captured(randomUUID(), data), '200 mismatch', 'missing-here 49900/–'],
  ['a capture for a subscription of nobody', [], (data, { tenantId }) => captured(tenantId, { ...data, subscriptionId: randomUUID() }), '200 recorded', 'owner-differs 49900/49900'],
  ['a refund of more than was paid', [captured], (data, { tenantId }) => refunded(tenantId, { ...data, ...amount(49_901) }), '200 mismatch', 'refund-differs 49901/49900'],
  ['a refund in another currency', [captured], (data, { tenantId }) => refunded(tenantId, { ...data, currency: 'USD' }), '200 mismatch', 'refund-differs 49900/49900'],
  ['a known refund of another amount', [captured, refunded], (data, { tenantId }) => refunded(tenantId, { ...data, ...amount(1) }), '200 mismatch', 'refund-differs 1/49900'],
  ['a refund for another tenant', [captured], (data, { otherId }) => refunded(otherId, data), '200 recorded', 'owner-differs 49900/49900'],
];

test('what contradicts our books is taken, and is a mismatch that a repetition does not raise again', async () => {
  const world = await open();
  const { sql, tenantId, send, mismatchesOf, paymentOf } = world;
  for (const [what, earlier, report, answer, mismatch] of rows) {
    const paymentId = what.replaceAll(' ', '-');
    for (const one of earlier) expect([what, await send(one(tenantId, { paymentId }))]).toEqual([what, '200 recorded']);
    expect([what, await send(report({ paymentId }, world))]).toEqual([what, answer]);
    const [kind, amounts] = mismatch.split(' ');
    expect(await mismatchesOf(paymentId)).toEqual([`${kind} ${paymentId} ${amounts}`]);
    expect([what, await send(report({ paymentId }, world))]).toEqual([
      what,
      expect.stringMatching(/^200 (known|mismatch)$/),
    ]);
    const changes = await sql`
      select change from payment_mismatch_change join payment_mismatch mismatch on mismatch.id = mismatch_id
      where provider_payment_id = ${paymentId}
    `;
    expect([what, changes]).toEqual([what, [{ change: 'found' }]]);
  }
  expect(await paymentOf('a-capture-of-another-amount-than-a-failed-attempt')).toEqual({
    status: 'captured',
    minor: '50000',
    ours: true,
  });
  expect(await paymentOf('a-capture-for-another-tenant-than-a-failed-attempt')).toEqual({
    status: 'captured',
    minor: '49900',
    ours: false,
  });
});

test('a failed attempt of a tenant that does not exist is ignored: no money moved', async () => {
  const { send, mismatchesOf } = await open();
  expect(await send(failed(randomUUID(), { paymentId: 'nobody' }))).toBe('200 ignored');
  expect(await mismatchesOf('nobody')).toEqual([]);
});

test('a refund of an unknown payment is asked for again four times, is then a mismatch, and is recorded with its capture', async () => {
  const { sql, app, tenantId, send, mismatchesOf } = await open();
  const refund = refunded(tenantId, { paymentId: 'early' });
  const before = (await moneyEvents(sql)).length;
  for (const _ of [1, 2, 3, 4]) {
    const answer = await deliver(app, refund, { deliveryId: 'whd_early' });
    expect([answer.status, answer.headers.has('Retry-After')]).toEqual([503, true]);
  }
  expect(await mismatchesOf('early')).toEqual([]);
  for (const _ of [5, 6, 7]) expect(await send(refund)).toBe('200 mismatch');
  expect(await mismatchesOf('early')).toEqual(['missing-here early 49900/–']);
  expect(await send(captured(tenantId, { paymentId: 'early' }))).toBe('200 recorded');
  expect(await mismatchesOf('early')).toEqual(['missing-here early 49900/– resolved by facts']);
  expect((await moneyEvents(sql)).slice(before)).toEqual(['PaymentCaptured', 'PaymentRefunded']);
  expect(await send(refund)).toBe('200 known');
  expect(await sql`select from early_refund`).toEqual([]);
});

test('a refund that came once, before its capture, is recorded with the capture, even of more than was paid', async () => {
  const { sql, app, tenantId, send, mismatchesOf } = await open();
  for (const [paymentId, minor, mismatches] of [
    ['once', 900, []],
    ['too-much', 50_000, ['refund-differs too-much 50000/49900']],
  ] as const) {
    expect((await deliver(app, refunded(tenantId, { paymentId, ...amount(minor) }))).status).toBe(503);
    await send(failed(tenantId, { paymentId }));
    expect((await deliver(app, refunded(tenantId, { paymentId, ...amount(minor) }))).status).toBe(503);
    expect(await send(captured(tenantId, { paymentId }))).toBe('200 recorded');
    expect(await mismatchesOf(paymentId)).toEqual(mismatches);
  }
  expect(
    await sql`
    select refund.amount_minor as minor from refund join payment on payment.id = payment_id where provider_payment_id in ('once', 'too-much')
  `,
  ).toEqual([{ minor: '900' }]);
});

test('the hourly job raises a refund whose capture did not come, and tells every mismatch once', async () => {
  const { sql, app, tenantId, mismatchesOf, reconcile, listed, told } = await open();
  await deliver(app, refunded(tenantId, { paymentId: 'never' }));
  await reconcile();
  expect(await mismatchesOf('never')).toEqual([]);
  await sql`update early_refund set received_at = now() - interval '61 minutes'`;
  await reconcile();
  expect(await mismatchesOf('never')).toEqual(['missing-here never 49900/–']);
  const count = (await listed()).length;
  expect((await told()).filter((one) => one.startsWith('found'))).toHaveLength(count);
});

test('a report of the captured amount resolves a difference of amounts, and leaves the owner’s to an operator', async () => {
  const { tenantId, otherId, send, mismatchesOf, bring, reconcile } = await open();
  for (const what of ['report-amount', 'report-owner']) {
    await send(
      failed(what === 'report-owner' ? otherId : tenantId, { paymentId: what, occurredAt: '2026-06-10T12:00:00Z' }),
    );
    const data = what === 'report-owner' ? {} : amount(50_000);
    await send(captured(tenantId, { paymentId: what, occurredAt: '2026-06-10T12:00:00Z', ...data }));
  }
  expect(await bring(['report-amount 50000', 'report-owner 49900'])).toBe(201);
  await reconcile();
  expect(await mismatchesOf('report-amount')).toEqual(['amount-differs report-amount 49900/50000 resolved by facts']);
  expect(await mismatchesOf('report-owner')).toEqual(['owner-differs report-owner 49900/49900']);
});
