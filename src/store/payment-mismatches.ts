import type { Sql, Tx } from '../platform/postgres.ts';

/**
 * Holds a report against our payments. A payment that is ours and captured has to be in it once, with the same amount;
 * one of its period that is in no report is missing there. What is known already changes nothing.
 */
export async function reconcileReport(tx: Tx, reportId: string, now: Date): Promise<void> {
  await tx`analyze settlement_line`; // a report has just come, and the planner knows nothing of it
  await tx`
    with report as (
      select id, provider, period_start::timestamp at time zone 'UTC' as from_time,
             (period_end + 1)::timestamp at time zone 'UTC' as to_time
      from settlement_report where id = ${reportId}
    ), theirs as (
      select provider_payment_id, count(*) as times, min(amount_minor) as minor, min(currency) as currency
      from settlement_line where report_id = ${reportId} group by provider_payment_id
    ), found as (
      select theirs.provider_payment_id, payment.amount_minor as ours_minor, payment.currency as ours_currency,
             theirs.minor as theirs_minor, theirs.currency as theirs_currency,
             unnest(array_remove(array[
               case when payment.id is null then 'missing-here' end,
               case when theirs.times > 1 then 'duplicate' end,
               case when payment.currency <> theirs.currency then 'currency-differs' end,
               case when payment.currency = theirs.currency and payment.amount_minor <> theirs.minor then 'amount-differs' end
             ], null)) as kind
      from theirs
      cross join report
      left join payment on payment.provider = report.provider and payment.status = 'captured'
                       and payment.provider_payment_id = theirs.provider_payment_id
      union all
      select payment.provider_payment_id, payment.amount_minor, payment.currency, null, null, 'missing-there'
      from report
      join payment on payment.provider = report.provider and payment.status = 'captured'
                  and payment.captured_at >= report.from_time and payment.captured_at < report.to_time
      where not exists (
        select from settlement_line line
        join settlement_report other on other.id = line.report_id and other.provider = report.provider
        where line.provider_payment_id = payment.provider_payment_id
      )
    )
    insert into payment_mismatch (
      id, provider, provider_payment_id, kind, report_id, ours_minor, ours_currency, theirs_minor, theirs_currency, found_at
    )
    select gen_random_uuid(), report.provider, provider_payment_id, kind, report.id, ours_minor, ours_currency,
           theirs_minor, theirs_currency, ${now}
    from found cross join report
    on conflict (provider, provider_payment_id, kind) do nothing
  `;
  await tx`
    update payment_mismatch missing set resolved_at = ${now}
    from settlement_report report
    where report.id = ${reportId} and missing.provider = report.provider and missing.resolved_at is null
      and (
        (missing.kind = 'missing-there' and exists (
          select from settlement_line line
          where line.report_id = report.id and line.provider_payment_id = missing.provider_payment_id
        ))
        or (missing.kind = 'missing-here' and exists (
          select from payment
          where payment.provider = missing.provider and payment.status = 'captured'
            and payment.provider_payment_id = missing.provider_payment_id
        ))
      )
  `;
  await tx`update settlement_report set reconciled_at = ${now} where id = ${reportId}`;
}

/** A mismatch that is to be told. */
export interface Mismatch {
  readonly mismatchId: string;
  readonly provider: string;
  readonly providerPaymentId: string;
  readonly kind: 'missing-here' | 'missing-there' | 'amount-differs' | 'currency-differs' | 'duplicate';
}

/** Takes mismatches that nobody has been told of. */
export async function announceMismatches(tx: Tx, now: Date, limit: number): Promise<readonly Mismatch[]> {
  return tx<Mismatch[]>`
    update payment_mismatch set announced_at = ${now}
    where id in (select id from payment_mismatch where announced_at is null order by id limit ${limit} for update)
    returning id as "mismatchId", provider, provider_payment_id as "providerPaymentId", kind
  `;
}

/** A mismatch as an operator sees it. */
export interface MismatchView extends Mismatch {
  readonly reportId: string;
  readonly oursMinor: string | null;
  readonly oursCurrency: string | null;
  readonly theirsMinor: string | null;
  readonly theirsCurrency: string | null;
  readonly foundAt: Date;
  readonly resolvedAt: Date | null;
}

interface MismatchPage {
  readonly provider: string | undefined;
  readonly kind: string | undefined;
  readonly open: boolean;
  /** The id that ended the page before. */
  readonly after: string | undefined;
  readonly limit: number;
}

/** Mismatches by their ids. */
export async function listMismatches(sql: Sql, { provider, kind, open, after, limit }: MismatchPage): Promise<MismatchView[]> {
  return sql<MismatchView[]>`
    select id as "mismatchId", provider, provider_payment_id as "providerPaymentId", kind, report_id as "reportId",
           ours_minor as "oursMinor", ours_currency as "oursCurrency", theirs_minor as "theirsMinor",
           theirs_currency as "theirsCurrency", found_at as "foundAt", resolved_at as "resolvedAt"
    from payment_mismatch
    where true
      ${provider === undefined ? sql`` : sql`and provider = ${provider}`}
      ${kind === undefined ? sql`` : sql`and kind = ${kind}`}
      ${open ? sql`and resolved_at is null` : sql``}
      ${after === undefined ? sql`` : sql`and id > ${after}`}
    order by id limit ${limit}
  `;
}
