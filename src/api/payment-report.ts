import { z } from 'zod';
import { v7 as uuidv7 } from 'uuid';
import { currencies } from '../domain/iso-codes.ts';
import { fromPlain, MAX_MINOR } from '../domain/money.ts';
import {
  capturePayment, failPayment, refundPayment, type Payment, type Refund, type Told,
} from '../domain/payment.ts';
import type { NewEvent } from '../kernel/event.ts';
import { keyedHash } from '../platform/keyed-hash.ts';
import type { Tx } from '../platform/postgres.ts';
import { findPaymentToChange, holdPayment, savePayment } from '../store/payments.ts';
import { insertRefund, listRefunds } from '../store/refunds.ts';
import { isSubscriptionOf } from '../store/tenant-subscriptions.ts';
import { findTenant } from '../store/tenants.ts';
import { instant, line, uuid } from './fields.ts';
import { unavailable, unprocessable } from './problem.ts';

const providerId = z.string().regex(/^[\x21-\x7e]{1,200}$/, 'must be visible ASCII');

const facts = z.object({
  /** The provider's. */
  paymentId: providerId,
  tenantId: uuid,
  subscriptionId: uuid.nullish(),
  amountMinor: z.int().min(1).max(MAX_MINOR),
  currency: z.string().refine((code) => currencies.has(code), 'must be an ISO 4217 code'),
  /** When it happened; absent: when it was received. */
  occurredAt: instant.optional(),
});

/** What a provider reports. Keys that are not known here are its own affair: providers add some without asking. */
export const paymentReport = z.discriminatedUnion('type', [
  z.object({ type: z.literal('payment.captured'), data: facts.extend({ instrument: line(200).nullish() }) }),
  z.object({ type: z.literal('payment.failed'), data: facts.extend({ reason: line(500) }) }),
  z.object({ type: z.literal('payment.refunded'), data: facts.extend({ refundId: providerId }) }),
]);
export type PaymentReport = z.infer<typeof paymentReport>;

/** How far ahead of ours a provider's clock may be. */
const AHEAD_MS = 300_000;

export interface Reported {
  readonly provider: string;
  readonly report: PaymentReport;
  readonly receivedAt: Date;
  readonly hashKey: string;
}

/**
 * Makes a report true in our tables, in the transaction; what the provider told before changes nothing.
 * @throws {Problem} 422 for a tenant or subscription that is not there; 503 for a refund whose capture has not come
 * yet, so that it is sent again.
 * @throws {IllegalTransition} when it contradicts what the provider told before.
 */
export async function recordReport(tx: Tx, reported: Reported): Promise<readonly NewEvent[]> {
  const { provider, report, receivedAt } = reported;
  const { paymentId: providerPaymentId, tenantId, subscriptionId = null, occurredAt = receivedAt } = report.data;
  if (occurredAt.getTime() > receivedAt.getTime() + AHEAD_MS) {
    throw unprocessable('/data/occurredAt', 'is in the future');
  }
  await holdPayment(tx, { provider, providerPaymentId });
  const tenant = await findTenant(tx, tenantId);
  if (tenant === undefined) throw unprocessable('/data/tenantId', 'is no tenant’s');
  if (subscriptionId !== null && !(await isSubscriptionOf(tx, subscriptionId, tenantId))) {
    throw unprocessable('/data/subscriptionId', 'is no subscription of the tenant');
  }
  const known = await findPaymentToChange(tx, { provider, providerPaymentId });
  if (report.type === 'payment.refunded') return recordRefund(tx, { report, known, occurredAt });
  const told: Told = {
    id: uuidv7(), provider, providerPaymentId, subscriptionId, amount: amountOf(report),
    instrumentHash: hashOf(reported),
  };
  const { payment, events } =
    report.type === 'payment.captured'
      ? capturePayment(told, { known, tenant }, occurredAt)
      : failPayment({ ...told, reason: report.data.reason }, { known, tenant }, occurredAt);
  if (events.length > 0) await savePayment(tx, payment);
  return events;
}

interface Refunded {
  readonly report: Extract<PaymentReport, { readonly type: 'payment.refunded' }>;
  readonly known: Payment | undefined;
  readonly occurredAt: Date;
}

async function recordRefund(tx: Tx, { report, known, occurredAt: refundedAt }: Refunded): Promise<readonly NewEvent[]> {
  if (known?.status !== 'captured') throw unavailable('The payment’s capture has not come yet. Send the refund again.');
  const { tenantId, refundId: providerRefundId } = report.data;
  if (known.tenantId !== tenantId) throw unprocessable('/data/tenantId', 'is not the payment’s');
  const refund: Refund = { id: uuidv7(), paymentId: known.id, providerRefundId, amount: amountOf(report), refundedAt };
  const { events } = refundPayment(refund, { payment: known, earlier: await listRefunds(tx, known.id) });
  if (events.length > 0) await insertRefund(tx, refund);
  return events;
}

const amountOf = ({ data: { amountMinor: minor, currency } }: PaymentReport) => fromPlain({ minor, currency });

/** What tells a card from others; null where the provider named none. */
function hashOf({ provider, report, hashKey }: Reported): string | null {
  const instrument = report.type === 'payment.captured' ? report.data.instrument : undefined;
  return instrument == null ? null : keyedHash(hashKey, 'payment-instrument', `${provider}\n${instrument}`);
}
