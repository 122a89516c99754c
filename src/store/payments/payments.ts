import type { Payment } from '../../domain/payments/payment.ts';
import type { Db, Tx } from '../../platform/postgres.ts';

interface PaymentRow extends Omit<Payment, 'amount'> {
  readonly amountMinor: string;
  readonly currency: string;
}

type ProviderId = Pick<Payment, 'provider' | 'providerPaymentId'>;

/** The payment by its provider's id, held against other changes until the transaction ends. */
export async function findPaymentToChange(
  tx: Tx,
  { provider, providerPaymentId }: ProviderId,
): Promise<Payment | undefined> {
  const [row] = await tx<PaymentRow[]>`
    select ${columns(tx)} from payment
    where provider = ${provider} and provider_payment_id = ${providerPaymentId}
    for no key update
  `;
  return row && toPayment(row);
}

/** The payment as committed. */
export async function findPayment(db: Db, id: string): Promise<Payment | undefined> {
  const [row] = await db<PaymentRow[]>`select ${columns(db)} from payment where id = ${id}`;
  return row && toPayment(row);
}

/** Makes every other transaction that would add or change this payment wait until this one ends. */
export async function holdPayment(tx: Tx, { provider, providerPaymentId }: ProviderId): Promise<void> {
  const key = JSON.stringify(['payment', provider, providerPaymentId]);
  await tx`select pg_advisory_xact_lock(hashtextextended(${key}, 0))`;
}

/** Writes a payment down, the first time or after a failure. */
export async function savePayment(tx: Tx, payment: Payment): Promise<void> {
  const { id, provider, providerPaymentId, tenantId, subscriptionId, amount, status } = payment;
  const { instrumentHash, failureReason, capturedAt, createdAt } = payment;
  await tx`
    insert into payment (
      id, provider, provider_payment_id, tenant_id, subscription_id, amount_minor, currency, status,
      instrument_hash, failure_reason, captured_at, created_at
    )
    values (
      ${id}, ${provider}, ${providerPaymentId}, ${tenantId}, ${subscriptionId}, ${String(amount.minor)},
      ${amount.currency}, ${status}, ${instrumentHash}, ${failureReason}, ${capturedAt}, ${createdAt}
    )
    on conflict (id) do update
    set status          = excluded.status,
        tenant_id       = excluded.tenant_id,
        subscription_id = excluded.subscription_id,
        amount_minor    = excluded.amount_minor,
        currency        = excluded.currency,
        instrument_hash = excluded.instrument_hash,
        failure_reason  = excluded.failure_reason,
        captured_at     = excluded.captured_at
  `;
}

const columns = (db: Db) => db`
  id, provider, provider_payment_id as "providerPaymentId", tenant_id as "tenantId",
  subscription_id as "subscriptionId", amount_minor as "amountMinor", currency, status,
  instrument_hash as "instrumentHash", failure_reason as "failureReason", captured_at as "capturedAt",
  created_at as "createdAt"
`;

function toPayment({ amountMinor, currency, ...row }: PaymentRow): Payment {
  return { ...row, amount: { minor: BigInt(amountMinor), currency } };
}
