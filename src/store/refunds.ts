import type { Refund } from '../domain/payment.ts';
import type { Tx } from '../platform/postgres.ts';

interface RefundRow extends Omit<Refund, 'amount'> {
  readonly minor: string;
  readonly currency: string;
}

/** What went back of a payment. */
export async function listRefunds(tx: Tx, paymentId: string): Promise<Refund[]> {
  const rows = await tx<RefundRow[]>`
    select refund.id, refund.payment_id as "paymentId", refund.provider_refund_id as "providerRefundId",
           refund.amount_minor as minor, payment.currency, refund.refunded_at as "refundedAt"
    from refund join payment on payment.id = refund.payment_id
    where refund.payment_id = ${paymentId}
  `;
  return rows.map(({ minor, currency, ...row }) => ({ ...row, amount: { minor: BigInt(minor), currency } }));
}

/** Adds a refund. */
export async function insertRefund(tx: Tx, refund: Refund): Promise<void> {
  const { id, paymentId, providerRefundId, amount, refundedAt } = refund;
  await tx`
    insert into refund (id, payment_id, provider_refund_id, amount_minor, refunded_at)
    values (${id}, ${paymentId}, ${providerRefundId}, ${String(amount.minor)}, ${refundedAt})
  `;
}
