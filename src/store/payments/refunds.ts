import type { Refund } from '../../domain/payments/payment.ts';
import type { Tx } from '../../platform/postgres.ts';

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

/** A refund whose payment's capture has not come yet. */
export interface EarlyRefund extends Omit<Refund, 'id' | 'paymentId'> {
  readonly provider: string;
  readonly providerPaymentId: string;
  /** The delivery that reported the refund. */
  readonly webhookId: string;
}

/** Keeps a refund until its capture comes, and returns how many deliveries reported it. */
export async function keepEarlyRefund(tx: Tx, refund: EarlyRefund, receivedAt: Date): Promise<number> {
  const { provider, providerPaymentId, providerRefundId, amount, refundedAt, webhookId } = refund;
  const [row] = await tx<{ deliveries: number }[]>`
    insert into early_refund as early (
      provider, provider_payment_id, provider_refund_id, amount_minor, currency, refunded_at, received_at, webhook_id
    )
    values (
      ${provider}, ${providerPaymentId}, ${providerRefundId}, ${String(amount.minor)}, ${amount.currency}, ${refundedAt},
      ${receivedAt}, ${webhookId}
    )
    on conflict on constraint early_refund_pkey do update set deliveries = least(early.deliveries + 1, 1000000)
    returning deliveries
  `;
  return row?.deliveries ?? 1;
}

interface EarlyRefundRow extends Omit<EarlyRefund, 'amount'> {
  readonly minor: string;
  readonly currency: string;
}

const toEarlyRefund = ({ minor, currency, ...row }: EarlyRefundRow): EarlyRefund =>
  ({ ...row, amount: { minor: BigInt(minor), currency } });

const earlyColumns = (tx: Tx) => tx`
  provider, provider_payment_id as "providerPaymentId", provider_refund_id as "providerRefundId", amount_minor as minor,
  currency, refunded_at as "refundedAt", webhook_id as "webhookId"
`;

/** Takes the refunds that waited for a payment's capture, oldest first. */
export async function takeEarlyRefunds(
  tx: Tx, { provider, providerPaymentId }: Pick<EarlyRefund, 'provider' | 'providerPaymentId'>,
): Promise<readonly EarlyRefund[]> {
  const rows = await tx<EarlyRefundRow[]>`
    delete from early_refund where provider = ${provider} and provider_payment_id = ${providerPaymentId}
    returning ${earlyColumns(tx)}
  `;
  return rows.map(toEarlyRefund).toSorted((one, other) => one.refundedAt.getTime() - other.refundedAt.getTime());
}

/** Marks refunds that waited since before `before` and are no mismatch yet, and returns them. */
export async function markEarlyRefunds(
  tx: Tx, { before, now, limit }: { readonly before: Date; readonly now: Date; readonly limit: number },
): Promise<readonly EarlyRefund[]> {
  const rows = await tx<EarlyRefundRow[]>`
    update early_refund set raised_at = ${now}
    where (provider, provider_payment_id, provider_refund_id) in (
      select provider, provider_payment_id, provider_refund_id from early_refund
      where raised_at is null and received_at < ${before}
      order by received_at limit ${limit} for update skip locked
    )
    returning ${earlyColumns(tx)}
  `;
  return rows.map(toEarlyRefund);
}
