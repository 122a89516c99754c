import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { capturePayment, failPayment, refundPayment, type Payment, type Told } from '../../../src/domain/payments/payment.ts';

const tenant = { id: randomUUID(), ownerUserId: randomUUID(), name: 'Taller Ruiz' };
const at = new Date('2026-03-01T12:00:00Z');
const told: Told = {
  id: randomUUID(), provider: 'sandpay', providerPaymentId: 'pay_1', subscriptionId: null,
  amount: { minor: 49_900n, currency: 'MXN' }, instrumentHash: 'hash',
};
const captured = capturePayment(told, { known: undefined, tenant }, at).payment;
const failed = failPayment({ ...told, reason: 'no funds' }, { known: undefined, tenant }, at).payment;

const capture = (known: Payment | undefined, other: Partial<Told> = {}) =>
  capturePayment({ ...told, id: randomUUID(), ...other }, { known, tenant }, at);
const fail = (known: Payment | undefined) =>
  failPayment({ ...told, id: randomUUID(), reason: 'late' }, { known, tenant }, at);

test.for([
  ['a capture', capture(undefined), 'captured', ['PaymentCaptured']],
  ['a failure', fail(undefined), 'failed', ['PaymentFailed']],
  ['a capture after a failure', capture(failed), 'captured', ['PaymentCaptured']],
  ['a capture told twice', capture(captured), 'captured', []],
  ['a failure told twice', fail(failed), 'failed', []],
  ['a failure that comes after the capture', fail(captured), 'captured', []],
] as const)('%s makes its event once', ([, { payment, events }, status, types]) => {
  expect(payment.status).toBe(status);
  expect(events.map(({ eventType }) => eventType)).toEqual(types);
});

test('a payment keeps its id from the first word of it, and its event tells who pays what', () => {
  const { payment, events } = capture(failed, { instrumentHash: 'other' });
  expect(payment).toMatchObject({
    id: failed.id, createdAt: at, capturedAt: at, failureReason: null, instrumentHash: 'other',
  });
  expect(events).toMatchObject([{
    tenantId: tenant.id, occurredAt: at,
    payload: { paymentId: failed.id, tenantOwnerUserId: tenant.ownerUserId, amount: { minor: 49_900,
    currency: 'MXN' } },
  }]);
});

const another = [
  ['amount', 'amount-differs', { amount: { minor: 1n, currency: 'MXN' } }],
  ['currency', 'currency-differs', { amount: { minor: 49_900n, currency: 'USD' } }],
  ['subscription', 'owner-differs', { subscriptionId: randomUUID() }],
] as const;

test.for(another)('another %s than was captured before changes nothing and is %s', ([, kind, other]) => {
  const { events, payment, contradiction } = capture(captured, other);
  expect([events, payment, contradiction?.kind]).toEqual([[], captured, kind]);
});

test.for(another)('a capture of another %s than an attempt is recorded, and is %s', ([, kind, other]) => {
  const { events, payment, contradiction } = capture(failed, other);
  expect(events).toHaveLength(1);
  expect(payment).toMatchObject({ id: failed.id, status: 'captured', ...other });
  expect(contradiction).toEqual({ kind, ours: payment.amount, theirs: failed.amount });
});

test('another tenant than was told before is a mismatch of the owner', () => {
  const context = { known: captured, tenant: { ...tenant, id: randomUUID() } };
  expect(capturePayment(told, context, at)).toMatchObject({ events: [], contradiction: { kind: 'owner-differs' } });
});

describe('a refund', () => {
  const refund = (minor: bigint, providerRefundId = 'ref_1', currency = 'MXN') =>
    ({ id: randomUUID(), paymentId: captured.id, providerRefundId, amount: { minor, currency }, refundedAt: at });
  const against = (...earlier: ReturnType<typeof refund>[]) => ({ payment: captured, earlier });

  test('makes an event, once', () => {
    const first = refund(900n);
    expect(refundPayment(first, against()).events).toMatchObject([
      { eventType: 'PaymentRefunded', payload: { refundId: first.id } },
    ]);
    expect(refundPayment(refund(900n), against(first)).events).toEqual([]);
    expect(refundPayment(refund(49_000n, 'ref_2'), against(first)).events).toHaveLength(1);
  });

  test.for([
    ['of another amount than before', refund(901n), [refund(900n)]],
    ['in another currency', refund(900n, 'ref_1', 'USD'), []],
    ['of more than was paid', refund(49_901n), []],
    ['that makes it more than was paid', refund(49_001n, 'ref_2'), [refund(900n)]],
  ] as const)('%s is not recorded, and is a mismatch', ([, asked, earlier]) => {
    expect(refundPayment(asked, against(...earlier))).toMatchObject({ events: [], contradiction: { kind: 'refund-differs' } });
  });
});
