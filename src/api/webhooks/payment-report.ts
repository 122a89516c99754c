import { v7 as uuidv7 } from 'uuid';
import { fromPlain } from '../../domain/money.ts';
import {
  capturePayment, failPayment, refundPayment, type Contradiction, type Payment, type Refund, type Told,
} from '../../domain/payments/payment.ts';
import type { NewEvent } from '../../events/contract/event.ts';
import { keyedHash } from '../../platform/keyed-hash.ts';
import type { Tx } from '../../platform/postgres.ts';
import { findPaymentToChange, holdPayment, savePayment } from '../../store/payments/payments.ts';
import { raiseMismatch, resolveMissingHere } from '../../store/payments/raise-mismatch.ts';
import { insertRefund, keepEarlyRefund, listRefunds, takeEarlyRefunds } from '../../store/payments/refunds.ts';
import { isSubscriptionOf } from '../../store/invoices/tenant-subscriptions.ts';
import { findTenant } from '../../store/tenants/tenants.ts';
import { believe } from './provider-instant.ts';
import type { PaymentReport, UnreadableReport } from './read-payment-report.ts';

const IMPOSSIBLE_TIME = 'data.occurredAt cannot be read or true; the time of receipt was recorded';

/** Deliveries of a refund that are answered 503 before its capture, so that the provider sends it again. */
const EARLY_DELIVERIES = 5;

export interface Reported {
  readonly provider: string;
  readonly deliveryId: string;
  readonly report: PaymentReport;
  readonly receivedAt: Date;
  readonly hashKey: string;
}

/** The result of a report. */
export interface Recorded {
  /** `early`: a refund to be sent again after its capture. `mismatch`: recorded as one, and as nothing else. */
  readonly status: 'recorded' | 'known' | 'ignored' | 'mismatch' | 'early';
  readonly events: readonly NewEvent[];
}

interface Changed {
  readonly events: readonly NewEvent[];
  readonly contradiction?: Contradiction | undefined;
}

const nameOf = ({ provider, report }: Reported) => ({ provider, providerPaymentId: report.data.paymentId });

/**
 * Makes a report true in our tables. What the provider told before changes nothing, and what contradicts our books
 * becomes a mismatch.
 */
export async function recordReport(tx: Tx, reported: Reported): Promise<Recorded> {
  const { report, receivedAt } = reported;
  await holdPayment(tx, nameOf(reported));
  const known = await findPaymentToChange(tx, nameOf(reported));
  const occurredAt = believe(report.data.occurredAt, receivedAt);
  const recorded = report.type === 'payment.refunded'
    ? await recordRefund(tx, { reported, report, known, occurredAt: occurredAt ?? receivedAt })
    : await recordPayment(tx, { reported, report, known, occurredAt: occurredAt ?? receivedAt });
  if (occurredAt !== undefined || recorded.status !== 'recorded') return recorded;
  // Money that moved is recorded. An operator hears that its time is the time of receipt.
  const { amount = null } = (await findPaymentToChange(tx, nameOf(reported))) ?? {};
  await raise(tx, reported, { kind: 'unreadable', ours: amount, theirs: amountOf(report), detail: IMPOSSIBLE_TIME });
  return recorded;
}

/** Puts a report of which nothing can be recorded before an operator. */
export async function recordUnreadable(
  tx: Tx,
  { provider, deliveryId: webhookId, receivedAt }: Omit<Reported, 'report' | 'hashKey'>,
  { paymentId, detail }: UnreadableReport,
): Promise<void> {
  const providerPaymentId = paymentId ?? webhookId;
  await holdPayment(tx, { provider, providerPaymentId });
  await raiseMismatch(
    tx,
    { provider, providerPaymentId, webhookId, kind: 'unreadable', ours: null, theirs: null, detail },
    receivedAt,
  );
}

interface Recording<Type extends PaymentReport['type']> {
  readonly reported: Reported;
  readonly report: Extract<PaymentReport, { readonly type: Type }>;
  readonly known: Payment | undefined;
  readonly occurredAt: Date;
}

async function recordPayment(
  tx: Tx, { reported, report, known, occurredAt }: Recording<'payment.captured' | 'payment.failed'>,
): Promise<Recorded> {
  const { subscriptionId: named } = report.data;
  const tenantId = report.data.tenantId ?? known?.tenantId;
  const isCapture = report.type === 'payment.captured';
  const tenant = tenantId === undefined ? undefined : await findTenant(tx, tenantId);
  if (tenant === undefined) {
    if (!isCapture) return { status: 'ignored', events: [] }; // no money moved
    await raise(tx, reported, { kind: 'missing-here', ours: null, theirs: amountOf(report) });
    return { status: 'mismatch', events: [] };
  }
  const isOfTenant = named === null || (await isSubscriptionOf(tx, named, tenant.id));
  const told: Told = {
    id: uuidv7(), ...nameOf(reported), subscriptionId: isOfTenant ? named : null, amount: amountOf(report),
    instrumentHash: hashOf(reported),
  };
  const { payment, events, contradiction } = isCapture
    ? capturePayment(told, { known, tenant }, occurredAt)
    : failPayment({ ...told, reason: report.data.reason }, { known, tenant }, occurredAt);
  if (events.length > 0) await savePayment(tx, payment);
  const foreign: Contradiction = { kind: 'owner-differs', ours: payment.amount, theirs: told.amount };
  const found = contradiction ?? (isOfTenant ? undefined : foreign);
  const early = isCapture && events.length > 0 ? await applyEarlyRefunds(tx, reported, payment) : [];
  return settle(tx, reported, { events: [...events, ...early], contradiction: found });
}

/** Records the refunds that came before their capture, and returns their events. */
async function applyEarlyRefunds(tx: Tx, reported: Reported, payment: Payment): Promise<readonly NewEvent[]> {
  await resolveMissingHere(tx, nameOf(reported), reported.receivedAt);
  const events: NewEvent[] = [];
  for (const { webhookId, ...refund } of await takeEarlyRefunds(tx, nameOf(reported))) {
    const { events: own, contradiction } = await addRefund(tx, payment, refund);
    if (contradiction !== undefined)
      await raiseMismatch(tx, { ...nameOf(reported), ...contradiction, webhookId }, reported.receivedAt);
    events.push(...own);
  }
  return events;
}

async function recordRefund(
  tx: Tx, { reported, report, known, occurredAt: refundedAt }: Recording<'payment.refunded'>,
): Promise<Recorded> {
  const { tenantId, refundId: providerRefundId } = report.data;
  const refund = { providerRefundId, amount: amountOf(report), refundedAt };
  if (known?.status !== 'captured') {
    const early = { ...nameOf(reported), ...refund, webhookId: reported.deliveryId };
    const deliveries = await keepEarlyRefund(tx, early, reported.receivedAt);
    if (deliveries < EARLY_DELIVERIES) return { status: 'early', events: [] };
    await raise(tx, reported, { kind: 'missing-here', ours: null, theirs: refund.amount });
    return { status: 'mismatch', events: [] };
  }
  const { events, contradiction } = await addRefund(tx, known, refund);
  const foreign: Contradiction = { kind: 'owner-differs', ours: known.amount, theirs: refund.amount };
  return settle(tx, reported, {
    events,
    contradiction: contradiction ?? ((tenantId ?? known.tenantId) === known.tenantId ? undefined : foreign),
  });
}

async function addRefund(
  tx: Tx,
  payment: Payment,
  { providerRefundId, amount, refundedAt }: Pick<Refund, 'providerRefundId' | 'amount' | 'refundedAt'>,
): Promise<Changed> {
  const refund: Refund = { id: uuidv7(), paymentId: payment.id, providerRefundId, amount, refundedAt };
  const changed = refundPayment(refund, { payment, earlier: await listRefunds(tx, payment.id) });
  if (changed.events.length > 0) await insertRefund(tx, refund);
  return changed;
}

async function settle(tx: Tx, reported: Reported, { events, contradiction }: Changed): Promise<Recorded> {
  if (contradiction !== undefined) await raise(tx, reported, contradiction);
  const unrecorded = contradiction === undefined ? 'known' : 'mismatch';
  return { status: events.length > 0 ? 'recorded' : unrecorded, events };
}

const raise = (tx: Tx, reported: Reported, contradiction: Contradiction): Promise<void> =>
  raiseMismatch(tx, { ...nameOf(reported), ...contradiction, webhookId: reported.deliveryId }, reported.receivedAt);

const amountOf = ({ data: { amountMinor: minor, currency } }: PaymentReport) => fromPlain({ minor, currency });

/** What tells a card from others; null where the provider named none. */
function hashOf({ provider, report, hashKey }: Reported): string | null {
  const instrument = report.type === 'payment.captured' ? report.data.instrument : undefined;
  return instrument == null ? null : keyedHash(hashKey, 'payment-instrument', `${provider}\n${instrument}`);
}
