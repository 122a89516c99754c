import { paymentCaptured } from '../../events/payment-captured.ts';
import { paymentFailed } from '../../events/payment-failed.ts';
import { paymentRefunded } from '../../events/payment-refunded.ts';
import type { NewEvent } from '../../events/contract/event.ts';
import { toPlain, type Money } from '../money.ts';
import type { Tenant } from '../tenants/tenant.ts';

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

/** A provider's word that disagrees with what is in our books, or with its earlier word. */
export interface Contradiction {
  readonly kind: 'amount-differs' | 'currency-differs' | 'owner-differs' | 'refund-differs' | 'missing-here' | 'unreadable';
  readonly ours: Money | null;
  /** Null when the provider's word cannot be read. */
  readonly theirs: Money | null;
  /** Fields that cannot be read. */
  readonly detail?: string;
}

export interface PaymentDecision {
  readonly payment: Payment;
  /** None when the provider said it before, or it came too late to matter. */
  readonly events: readonly NewEvent[];
  readonly contradiction?: Contradiction | undefined;
}

/** What is known of the payment already, and whose it is. */
export interface PaymentContext {
  readonly known: Payment | undefined;
  readonly tenant: Pick<Tenant, 'id' | 'ownerUserId' | 'name'>;
}

/** Records that the provider has collected a payment. Money that moved is recorded, whatever an attempt said before. */
export function capturePayment(told: Told, { known, tenant }: PaymentContext, occurredAt: Date): PaymentDecision {
  if (known?.status === 'captured') {
    return { payment: known, events: [], contradiction: contradict(known, { told, tenantId: tenant.id }) };
  }
  const { id, createdAt } = known ?? { id: told.id, createdAt: occurredAt };
  const payment: Payment = {
    ...told, id, createdAt, tenantId: tenant.id, status: 'captured', failureReason: null, capturedAt: occurredAt,
  };
  const payload = { ...facts(payment, tenant), instrumentHash: payment.instrumentHash };
  const contradiction = known && contradict(payment, { told: known, tenantId: known.tenantId });
  return { payment, events: [paymentCaptured({ tenantId: tenant.id, occurredAt, payload })], contradiction };
}

/** Records that the provider could not collect a payment. Of a known one it changes nothing. */
export function failPayment(
  { reason, ...told }: Told & { readonly reason: string },
  { known, tenant }: PaymentContext,
  occurredAt: Date,
): PaymentDecision {
  if (known !== undefined) {
    return { payment: known, events: [], contradiction: contradict(known, { told, tenantId: tenant.id }) };
  }
  const payment: Payment = {
    ...told, createdAt: occurredAt, tenantId: tenant.id, status: 'failed', failureReason: reason, capturedAt: null,
  };
  const payload = { ...facts(payment, tenant), reason };
  return { payment, events: [paymentFailed({ tenantId: tenant.id, occurredAt, payload })] };
}

type Terms = Pick<Payment, 'subscriptionId' | 'amount'>;

/** Finds what a provider says otherwise: one payment has one tenant, one subscription and one amount. */
function contradict(
  ours: Terms & Pick<Payment, 'tenantId'>,
  { told, tenantId }: { readonly told: Terms; readonly tenantId: string },
): Contradiction | undefined {
  const amounts = { ours: ours.amount, theirs: told.amount };
  if (ours.amount.currency !== told.amount.currency) return { kind: 'currency-differs', ...amounts };
  if (ours.amount.minor !== told.amount.minor) return { kind: 'amount-differs', ...amounts };
  const isOfOwner = ours.tenantId === tenantId && ours.subscriptionId === told.subscriptionId;
  return isOfOwner ? undefined : { kind: 'owner-differs', ...amounts };
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

export interface RefundDecision {
  readonly events: readonly NewEvent[];
  readonly contradiction?: Contradiction | undefined;
}

/**
 * Records that the provider has given back a part of a captured payment, or all of it. What can't be true is not
 * recorded: another amount of a known refund, another currency, or more than was paid.
 */
export function refundPayment(
  refund: Refund,
  { payment, earlier }: { readonly payment: Payment; readonly earlier: readonly Refund[] },
): RefundDecision {
  const { id: refundId, paymentId, providerRefundId, amount, refundedAt } = refund;
  const refuse = (ours: Money): RefundDecision => ({ events: [], contradiction: { kind: 'refund-differs', ours, theirs: amount } });
  const same = earlier.find((other) => other.providerRefundId === providerRefundId);
  if (amount.currency !== payment.amount.currency) return refuse(same?.amount ?? payment.amount);
  if (same !== undefined) return same.amount.minor === amount.minor ? { events: [] } : refuse(same.amount);
  const refunded = earlier.reduce((sum, other) => sum + other.amount.minor, amount.minor);
  if (refunded > payment.amount.minor) return refuse(payment.amount);
  const { tenantId } = payment;
  const payload = { refundId, paymentId, tenantId, amount: toPlain(amount), providerRefundId };
  return { events: [paymentRefunded({ tenantId, occurredAt: refundedAt, payload })] };
}
