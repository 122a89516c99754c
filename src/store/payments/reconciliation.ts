import type { Db, Tx } from '../../platform/postgres.ts';

/** The time of a comparison, and the days that a provider has to settle before a payment is missing. */
export interface Comparison {
  readonly now: Date;
  /** Whole days of UTC after the day of the capture, by provider. */
  readonly graceDays: Readonly<Record<string, number>>;
}

/** Days that a provider without a setting has: what is settled the next day is reported the day after. */
const GRACE_DAYS = 2;

/** Compares what a report says with our payments, and those that earlier reports had for its days. */
export async function reconcileReport(tx: Tx, reportId: string, comparison: Comparison): Promise<void> {
  await tx`analyze settlement_line`; // a report has just come, and the planner knows nothing of it
  await openAsked(tx);
  await tx`
    insert into asked_payment (provider, provider_payment_id)
    select distinct report.provider, line.provider_payment_id
    from settlement_report report
    join settlement_report spoken
      on spoken.id = report.id
      or (spoken.provider = report.provider and spoken.superseded && datemultirange(daterange(report.period_start, report.period_end, '[]')))
    join settlement_line line on line.report_id = spoken.id
    where report.id = ${reportId} and line.provider_payment_id is not null
  `;
  await compareAsked(tx, comparison);
  await tx`
    delete from unsettled_payment unsettled using reported_payment reported
    where reported.provider = unsettled.provider and reported.provider_payment_id = unsettled.provider_payment_id
  `;
  await tx`
    insert into unsettled_payment (provider, provider_payment_id, captured_at)
    select provider, provider_payment_id, captured_at
    from asked_payment join payment using (provider, provider_payment_id)
    where status = 'captured'
      and not exists (
        select from reported_payment reported
        where reported.provider = payment.provider and reported.provider_payment_id = payment.provider_payment_id
      )
      and not exists (
        select from payment_mismatch known
        where known.provider = payment.provider and known.provider_payment_id = payment.provider_payment_id
          and known.kind = 'missing-there'
      )
    on conflict do nothing
  `;
  await tx`update settlement_report set reconciled_at = ${comparison.now} where id = ${reportId}`;
}

/**
 * Compares captured payments that no report had: those that a report has by now, and those of a reported day whose grace
 * is over. Returns how many they were.
 */
export async function reconcileUnsettled(tx: Tx, limit: number, comparison: Comparison): Promise<number> {
  await openAsked(tx);
  const { count } = await tx`
    with due as (
      select provider, provider_payment_id from unsettled_payment unsettled
      where ${hasLine(tx)} or ${isMissing(tx, comparison)}
      order by captured_at limit ${limit} for update
    ), taken as (
      delete from unsettled_payment using due
      where unsettled_payment.provider = due.provider and unsettled_payment.provider_payment_id = due.provider_payment_id
    )
    insert into asked_payment (provider, provider_payment_id) select provider, provider_payment_id from due
  `;
  if (count > 0) await compareAsked(tx, comparison);
  return count;
}

/** Opens the transaction's list of payments to compare. */
async function openAsked(tx: Tx): Promise<void> {
  await tx`
    create temp table asked_payment (provider text not null, provider_payment_id text not null) on commit drop
  `;
}

/** Condition: a report has the captured payment. */
const hasLine = (db: Db) => db`exists (
  select from current_settlement_line line
  where line.provider = unsettled.provider and line.provider_payment_id = unsettled.provider_payment_id
    and line.kind = 'payment'
)`;

/** Condition: a report covers the day of the capture, and the provider's days to settle it are over. */
const isMissing = (db: Db, comparison: Comparison) => db`exists (
  select from settlement_report report
  where report.provider = unsettled.provider and ${speaksOf(db, comparison, db`unsettled.captured_at`)}
)`;

const speaksOf = (db: Db, { now, graceDays }: Comparison, capturedAt: ReturnType<Db>) => db`(
  report.sha256 is not null
  and (${capturedAt} at time zone 'UTC')::date between report.period_start and report.period_end
  and (${capturedAt} at time zone 'UTC')::date + 1
      + coalesce((${JSON.stringify(graceDays)}::text::jsonb ->> report.provider)::integer, ${GRACE_DAYS}::integer)
      <= ${now}::timestamptz at time zone 'UTC'
)`;

/**
 * Sums what providers settled of the payments on the list, for the transaction. What they settled on several days is
 * summed; of one day the last report that has the payment counts.
 */
async function sumReported(tx: Tx): Promise<void> {
  await tx`analyze asked_payment`;
  await tx`
    create temp table reported_payment on commit drop as
    select provider, provider_payment_id, count(*) as times, nearest_bigint(sum(amount_minor)) as minor, min(amount_minor) as least,
           max(amount_minor) as most, min(currency) as currency, max(currency) as other_currency,
           (array_agg(report_id))[1] as report_id
    from (
      select line.*,
             first_value(report_id) over (
               partition by provider, provider_payment_id, settled_on order by loaded_at desc, report_id desc
             ) as last_report_id
      from current_settlement_line line join asked_payment using (provider, provider_payment_id)
      where kind = 'payment'
    ) line
    where report_id = last_report_id
    group by provider, provider_payment_id
  `;
  await tx`analyze reported_payment`;
}

/**
 * Finds what the payments on the list are wrong in by now, and writes each change of it: found, changed, reopened or
 * resolved. What an operator has resolved stays so while the amounts are the same.
 */
async function compareAsked(tx: Tx, comparison: Comparison): Promise<void> {
  const { now } = comparison;
  await sumReported(tx);
  await tx`
    with ${wrong(tx, comparison)},
    ${changes(tx)},
    ${written(tx, now)}
    insert into payment_mismatch_change (
      mismatch_id, change, at, report_id, ours_minor, ours_currency, theirs_minor, theirs_currency
    )
    select id, change, ${now}, report_id, ours_minor, ours_currency, theirs_minor, theirs_currency
    from change where change = 'found' or id in (select id from updated)
  `;
}

/** `wrong`: at most one row for each payment on the list. */
const wrong = (db: Db, comparison: Comparison) => db`
  compared as (
    select asked.provider, asked.provider_payment_id, payment.amount_minor as ours_minor, payment.currency as ours_currency,
           theirs.minor as theirs_minor,
           case when theirs.currency = payment.currency then theirs.other_currency else theirs.currency end as theirs_currency,
           coalesce(theirs.report_id, speaking.id) as report_id,
           case
             when theirs.times is null and payment.id is null then null
             when payment.id is null then 'missing-here'
             when theirs.times is null then case when speaking.id is not null then 'missing-there' end
             when theirs.currency <> payment.currency or theirs.other_currency <> payment.currency then 'currency-differs'
             when theirs.minor = payment.amount_minor then null
             when theirs.times > 1 and theirs.least = payment.amount_minor and theirs.most = payment.amount_minor then 'duplicate'
             else 'amount-differs'
           end as kind
    from asked_payment asked
    left join reported_payment theirs using (provider, provider_payment_id)
    left join payment on payment.provider = asked.provider and payment.provider_payment_id = asked.provider_payment_id
                     and payment.status = 'captured'
    left join lateral (
      select report.id from settlement_report report
      where theirs.times is null and report.provider = asked.provider and ${speaksOf(db, comparison, db`payment.captured_at`)}
      order by report.loaded_at desc limit 1
    ) speaking on true
  ),
  wrong as (
    select provider, provider_payment_id, kind, report_id, ours_minor, ours_currency, theirs_minor, theirs_currency
    from compared where kind is not null
  )
`;

/** `change`: what became other than `payment_mismatch` has it. */
const changes = (db: Db) => db`
  known as (
    select mismatch.* from payment_mismatch mismatch join asked_payment using (provider, provider_payment_id)
    where mismatch.kind not in ('owner-differs', 'refund-differs', 'unreadable') -- of these no report says anything
  ),
  change as materialized (
    select coalesce(known.id, gen_random_uuid()) as id, wrong.*, known.resolved_at as was_resolved_at,
           case when known.id is null then 'found'
                when known.resolved_at is null then 'changed'
                else 'reopened' end as change
    from wrong
    left join known using (provider, provider_payment_id, kind)
    where known.id is null or known.resolved_by = 'facts'
       or (known.ours_minor, known.ours_currency, known.theirs_minor, known.theirs_currency)
          is distinct from (wrong.ours_minor, wrong.ours_currency, wrong.theirs_minor, wrong.theirs_currency)
    union all
    select id, provider, provider_payment_id, kind, report_id, ours_minor, ours_currency, theirs_minor, theirs_currency,
           null, 'resolved'
    from known
    where resolved_at is null and not exists (
      select from wrong
      where wrong.provider = known.provider and wrong.provider_payment_id = known.provider_payment_id
        and wrong.kind = known.kind
    )
  )
`;

/** Writes the changes into the mismatches; one that an operator has resolved meanwhile is left alone. */
const written = (db: Db, now: Date) => db`
  added as (
    insert into payment_mismatch (
      id, provider, provider_payment_id, kind, report_id, ours_minor, ours_currency, theirs_minor, theirs_currency,
      found_at, changed_at
    )
    select id, provider, provider_payment_id, kind, report_id, ours_minor, ours_currency, theirs_minor, theirs_currency,
           ${now}, ${now}
    from change where change = 'found'
  ),
  updated as (
    update payment_mismatch mismatch
    set report_id = change.report_id, ours_minor = change.ours_minor, ours_currency = change.ours_currency,
        theirs_minor = change.theirs_minor, theirs_currency = change.theirs_currency, changed_at = ${now},
        resolved_at       = case change.change when 'resolved' then ${now}::timestamptz end,
        resolved_by       = case change.change when 'resolved' then 'facts' end,
        resolution_reason = null
    from change
    where mismatch.id = change.id and change.change <> 'found'
      and mismatch.resolved_at is not distinct from change.was_resolved_at
    returning mismatch.id
  )
`;
