import { paymentCaptured } from '../events/payment-captured.ts';
import { paymentFailed } from '../events/payment-failed.ts';
import { paymentRefunded } from '../events/payment-refunded.ts';
import type { NewEvent } from '../kernel/event.ts';
import { IllegalTransition } from './illegal-transition.ts';
import { toPlain, type Money } from './money.ts';
import type { Tenant } from './tenant.ts';

/** A payment of a tenant, as far as its provider has told. */
export interface Payment {
  readonly id: string;
  readonly provider: string;
  readonly providerPaymentId: string;
  readonly tenantId: string;
  readonly subscriptionId: string | null;
  readonly amount: Money;
  /** A failed payment may still be captured; a captured one stays so. */
  readonly status: 'failed' | 'captured';
  readonly instrumentHash: string | null;
  readonly failureReason: string | null;
  readonly capturedAt: Date | null;
  readonly createdAt: Date;
}

/** What a provider tells of a payment; the id is for the case that it is the first word of it. */
export type Told = Omit<Payment, 'status' | 'failureReason' | 'capturedAt' | 'createdAt' | 'tenantId'>;

export interface PaymentDecision {
  readonly payment: Payment;
  /** None when the provider said it before, or it came too late to matter. */
  readonly events: readonly NewEvent[];
}

/** What is known of the payment already, and whose it is. */
export interface PaymentContext {
  readonly known: Payment | undefined;
  readonly tenant: Pick<Tenant, 'id' | 'ownerUserId' | 'name'>;
}

/**
 * The provider has collected a payment.
 * @throws {IllegalTransition} when it told something else of the payment before.
 */
export function capturePayment(told: Told, { known, tenant }: PaymentContext, occurredAt: Date): PaymentDecision {
  assertAgrees(known, told, tenant.id);
  if (known?.status === 'captured') return { payment: known, events: [] };
  const { id, createdAt } = known ?? { id: told.id, createdAt: occurredAt };
  const payment: Payment = {
    ...told, id, createdAt, tenantId: tenant.id, status: 'captured', failureReason: null, capturedAt: occurredAt,
  };
  const payload = { ...facts(payment, tenant), instrumentHash: payment.instrumentHash };
  return { payment, events: [paymentCaptured({ tenantId: tenant.id, occurredAt, payload })] };
}

/**
 * The provider could not collect a payment; said of a captured one, it comes late and changes nothing.
 * @throws {IllegalTransition} when it told something else of the payment before.
 */
export function failPayment(
  { reason, ...told }: Told & { readonly reason: string },
  { known, tenant }: PaymentContext,
  occurredAt: Date,
): PaymentDecision {
  assertAgrees(known, told, tenant.id);
  if (known !== undefined) return { payment: known, events: [] };
  const payment: Payment = {
    ...told, createdAt: occurredAt, tenantId: tenant.id, status: 'failed', failureReason: reason, capturedAt: null,
  };
  const payload = { ...facts(payment, tenant), reason };
  return { payment, events: [paymentFailed({ tenantId: tenant.id, occurredAt, payload })] };
}

/** One payment has one tenant, one subscription and one amount, whatever becomes of it. */
function assertAgrees(known: Payment | undefined, { subscriptionId, amount }: Told, tenantId: string): void {
  if (known === undefined) return;
  const agrees =
    known.tenantId === tenantId &&
    known.subscriptionId === subscriptionId &&
    known.amount.minor === amount.minor &&
    known.amount.currency === amount.currency;
  if (!agrees) throw new IllegalTransition('The payment is known with another tenant, subscription or amount.');
}

function facts(payment: Payment, tenant: PaymentContext['tenant']) {
  const { id: paymentId, subscriptionId, provider, providerPaymentId } = payment;
  const { id: tenantId, ownerUserId: tenantOwnerUserId, name: tenantName } = tenant;
  const amount = toPlain(payment.amount);
  return { paymentId, tenantId, tenantOwnerUserId, tenantName, subscriptionId, amount, provider, providerPaymentId };
}

/** A part of a captured payment that went back. */
export interface Refund {
  readonly id: string;
  readonly paymentId: string;
  readonly providerRefundId: string;
  readonly amount: Money;
  readonly refundedAt: Date;
}

/**
 * The provider has given back a part of a captured payment, or all of it.
 * @throws {IllegalTransition} when it told something else of the refund before, or gives back more than was paid.
 */
export function refundPayment(
  refund: Refund,
  { payment, earlier }: { readonly payment: Payment; readonly earlier: readonly Refund[] },
): { readonly events: readonly NewEvent[] } {
  const { id: refundId, paymentId, providerRefundId, amount, refundedAt } = refund;
  const same = earlier.find((other) => other.providerRefundId === providerRefundId);
  const isOfPayment = amount.currency === payment.amount.currency;
  const agrees = same === undefined || same.amount.minor === amount.minor;
  if (!isOfPayment || !agrees) {
    throw new IllegalTransition('The refund is known with another amount, or is in another currency.');
  }
  if (same !== undefined) return { events: [] };
  const refunded = earlier.reduce((sum, other) => sum + other.amount.minor, amount.minor);
  if (refunded > payment.amount.minor) throw new IllegalTransition('The refunds are more than was paid.');
  const { tenantId } = payment;
  const payload = { refundId, paymentId, tenantId, amount: toPlain(amount), providerRefundId };
  return { events: [paymentRefunded({ tenantId, occurredAt: refundedAt, payload })] };
}
