import type { Contradiction } from '../../domain/payments/payment.ts';
import type { Tx } from '../../platform/postgres.ts';
import { markEarlyRefunds } from './refunds.ts';

/** A contradiction, with the payment and the delivery that it is about. */
export interface Raised extends Contradiction {
  readonly provider: string;
  readonly providerPaymentId: string;
  readonly webhookId: string;
}

/** Raises a mismatch. One that is open, or that an operator resolved, changes only when its amounts do. */
export async function raiseMismatch(tx: Tx, raised: Raised, now: Date): Promise<void> {
  const { provider, providerPaymentId, kind, ours, theirs, webhookId, detail = null } = raised;
  await tx`
    with known as (
      select id, resolved_at from payment_mismatch
      where provider = ${provider} and provider_payment_id = ${providerPaymentId} and kind = ${kind}
      for update
    ), written as (
      insert into payment_mismatch as mismatch (
        id, provider, provider_payment_id, kind, webhook_id, ours_minor, ours_currency, theirs_minor, theirs_currency,
        detail, found_at, changed_at
      )
      values (
        gen_random_uuid(), ${provider}, ${providerPaymentId}, ${kind}, ${webhookId}, ${ours && String(ours.minor)},
        ${ours && ours.currency}, ${theirs && String(theirs.minor)}, ${theirs && theirs.currency}, ${detail},
        ${now}, ${now}
      )
      on conflict on constraint payment_mismatch_once do update
      set webhook_id = excluded.webhook_id, ours_minor = excluded.ours_minor, ours_currency = excluded.ours_currency,
          theirs_minor = excluded.theirs_minor, theirs_currency = excluded.theirs_currency, detail = excluded.detail,
          changed_at = excluded.changed_at, resolved_at = null, resolved_by = null, resolution_reason = null
      where mismatch.resolved_by = 'facts'
         -- Another delivery that cannot be read may be about other money.
         or (mismatch.kind = 'unreadable' and mismatch.webhook_id <> excluded.webhook_id)
         or (mismatch.ours_minor, mismatch.ours_currency, mismatch.theirs_minor, mismatch.theirs_currency)
            is distinct from (excluded.ours_minor, excluded.ours_currency, excluded.theirs_minor, excluded.theirs_currency)
      returning *
    )
    insert into payment_mismatch_change (
      mismatch_id, change, at, report_id, ours_minor, ours_currency, theirs_minor, theirs_currency
    )
    select written.id,
           case when known.id is null then 'found' when known.resolved_at is null then 'changed' else 'reopened' end,
           ${now}, report_id, ours_minor, ours_currency, theirs_minor, theirs_currency
    from written left join known on known.id = written.id
  `;
}

/** Resolves the mismatch that a payment is unknown here, once the payment is known. One of a report waits for the report. */
export async function resolveMissingHere(
  tx: Tx, { provider, providerPaymentId }: Pick<Raised, 'provider' | 'providerPaymentId'>, now: Date,
): Promise<void> {
  await tx`
    with resolved as (
      update payment_mismatch set resolved_at = ${now}, resolved_by = 'facts', changed_at = ${now}
      where provider = ${provider} and provider_payment_id = ${providerPaymentId} and kind = 'missing-here'
        and report_id is null and resolved_at is null
      returning *
    )
    insert into payment_mismatch_change (
      mismatch_id, change, at, ours_minor, ours_currency, theirs_minor, theirs_currency
    )
    select id, 'resolved', ${now}, ours_minor, ours_currency, theirs_minor, theirs_currency from resolved
  `;
}

/** Raises refunds that waited since before `before` for their capture. Returns how many they were. */
export async function raiseEarlyRefunds(
  tx: Tx, { before, now, limit }: { readonly before: Date; readonly now: Date; readonly limit: number },
): Promise<number> {
  const refunds = await markEarlyRefunds(tx, { before, now, limit });
  for (const { provider, providerPaymentId, webhookId, amount } of refunds) {
    await raiseMismatch(tx, { provider, providerPaymentId, webhookId, kind: 'missing-here', ours: null, theirs: amount }, now);
  }
  return refunds.length;
}
