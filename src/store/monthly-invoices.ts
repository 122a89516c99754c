import type { Issued } from '../domain/invoicing.ts';
import { endOf, NO_TAX, TAX_RULES, type TaxRule } from '../domain/taxes.ts';
import type { Db, Sql, Tx } from '../platform/postgres.ts';

/** The tenant that ends the next part of so many; undefined when none is left. */
export async function endOfPart(sql: Sql, after: string, size: number): Promise<string | undefined> {
  const [row] = await sql<{ id: string }[]>`
    select id from (select id from tenant where id > ${after} order by id limit ${size}) part order by id desc limit 1
  `;
  return row?.id;
}

/** Which tenants are billed, for which month (its first day), and when; `rules` are the tax table unless given. */
export interface Issuing {
  readonly after: string;
  readonly upTo: string;
  readonly month: string;
  readonly issuedAt: Date;
  readonly rules?: readonly TaxRule[];
}

/**
 * Issues the invoices of a month, whole, in one statement: what `draftInvoices` says, the next numbers of each series,
 * and the mark on each charge. Who has an invoice of the month gets no other. Others who issue wait for the series.
 */
export async function issueMonthlyInvoices(tx: Tx, issuing: Issuing): Promise<Issued[]> {
  const { month, issuedAt } = issuing;
  const rows = await tx<(Omit<Issued, 'total'> & { readonly total: string })[]>`
    with ${items(tx, issuing)}, ${figures(tx, issuing)}, ${numbers(tx, issuing)},
    issued as (
      insert into invoice (
        id, kind, series, place, tenant_id, tenant_name, country, currency, period_start, period_end,
        issued_at, issued_on, net_minor, tax_minor, total_minor, line_count
      )
      select ${invoiceId(tx, issuing)}, 'invoice', series, place, tenant_id, name, country, currency, ${month}::date,
             last_day, ${issuedAt}::timestamptz, issued_on, net, tax, net + tax, lines
      from numbered
      returning *
    ),
    written as (${insertLines(tx, issuing)}),
    billed as (
      update performance_charge charge set invoice_id = issued.id
      from due_charge due join issued on issued.tenant_id = due.tenant_id and issued.currency = due.currency
      where charge.id = due.id
    )
    select id, tenant_id as "tenantId", number, period_start::text as "periodStart", period_end::text as "periodEnd",
           currency, total_minor as total, issued_at as "issuedAt"
    from issued
    order by series, place
  `;
  return rows.map(({ total, ...row }) => ({ ...row, total: BigInt(total) }));
}

/** `item`: all that is to be billed, in rows that are summed up to lines. */
const items = (db: Db, { after, upTo, month }: Issuing) => db`
  payer as materialized (
    select id as tenant_id, name, country, zone_or_utc(time_zone) as time_zone,
           (${month}::date + interval '1 month')::date - 1 as last_day
    from tenant
    where id > ${after}::uuid and id <= ${upTo}::uuid
  ),
  due_charge as materialized (
    select charge.id, tenant_id, currency, kind, amount_minor, happened.day
    from payer
    join performance_charge charge using (tenant_id)
    cross join lateral (select (occurred_at at time zone time_zone)::date as day) happened
    where invoice_id is null and happened.day <= last_day
  ),
  item as (
    ${subscriptionItems(db)}
    union all
    select tenant_id, currency, 'charge', null, kind, date_trunc('month', day::timestamp)::date,
           (date_trunc('month', day::timestamp) + interval '1 month')::date - 1, amount_minor, day
    from due_charge
    union all
    ${disputeItems(db)}
  )
`;

/** The periods after the last that was billed, or all; they are billed in order, so that none is left between. */
const subscriptionItems = (db: Db) => db`
  select tenant_id, currency, 'subscription' as kind, owed.id as source_id, plan as detail, starts_on, ends_on,
         price_minor as unit, starts_on as taxed_on
  from (
    select payer.tenant_id, sub.currency, sub.id, sub.plan, sub.price_minor, least(sub.ended_on, last_day) as until,
           (sub.starts_on + make_interval(months => step.months * nth))::date           as starts_on,
           (sub.starts_on + make_interval(months => step.months * (nth + 1)))::date - 1 as ends_on
    from payer
    join tenant_subscription sub on sub.tenant_id = payer.tenant_id and sub.starts_on <= last_day
    cross join lateral (select case sub.period when 'yearly' then 12 else 1 end as months) step
    cross join lateral (
      select max(line.starts_on) as day
      from invoice_line line
      where line.kind = 'subscription' and line.source_id = sub.id
    ) billed
    cross join lateral generate_series(
      coalesce((month_number(billed.day) - month_number(sub.starts_on)) / step.months + 1, 0),
      (month_number(last_day) - month_number(sub.starts_on)) / step.months
    ) as nth
  ) owed
  where starts_on <= until
`;

/** Those that the tenant was right about (`lost`), as far as nothing was given back: not refunded, no credit note. */
const disputeItems = (db: Db) => db`
  select payer.tenant_id, dispute.currency, 'dispute', dispute.id, coalesce(charge.kind, 'payment'),
         about.day, about.day, -owed.minor, about.day
  from payer
  join dispute on dispute.tenant_id = payer.tenant_id and dispute.status = 'lost'
  left join performance_charge charge on charge.id = dispute.charge_id
  left join payment on payment.id = dispute.payment_id
  cross join lateral (
    select (coalesce(charge.occurred_at, payment.captured_at) at time zone time_zone)::date as day
  ) about
  cross join lateral (
    select dispute.amount_minor - coalesce(sum(refund.amount_minor), 0)::bigint as minor
    from refund where refund.payment_id = dispute.payment_id
  ) owed
  where (resolved_at at time zone time_zone)::date <= last_day
    and owed.minor > 0
    and not exists (select from invoice note where note.credits = charge.invoice_id)
    and not exists (select from invoice_line line where line.kind = 'dispute' and line.source_id = dispute.id)
`;

/** `line` and `tax_line`, and their sums for who has no invoice of the month yet: `draft`. */
const figures = (db: Db, { month, rules = TAX_RULES }: Issuing) => db`
  rule as materialized (
    select * from unnest(
      ${rules.map(({ country }) => country)}::text[],
      ${rules.map(({ name }) => name)}::text[],
      ${rules.map(({ basisPoints }) => basisPoints)}::integer[],
      ${rules.map(({ startsOn }) => startsOn)}::date[],
      ${rules.map((rule) => endOf(rule, rules) ?? 'infinity')}::date[]
    ) as rule (country, tax, rate, first_day, end_day)
  ),
  line as materialized (
    select tenant_id, currency, kind, source_id, detail, starts_on, ends_on, unit,
           coalesce(tax, ${NO_TAX.name}) as tax, coalesce(rate, ${NO_TAX.basisPoints}) as rate,
           count(*)::integer as quantity, count(*) * unit as amount
    from item
    join payer using (tenant_id)
    left join rule on rule.country = payer.country and taxed_on >= first_day and taxed_on < end_day
    group by tenant_id, currency, kind, source_id, detail, starts_on, ends_on, unit, tax, rate
  ),
  tax_line as materialized (
    select tenant_id, currency, tax, rate, sum(amount)::bigint as unit,
           divide_half_even(sum(amount) * rate, 10000) as amount
    from line
    group by tenant_id, currency, tax, rate
  ),
  draft as (
    select tenant_id, currency, sum(net)::bigint as net, sum(tax)::bigint as tax, count(*)::integer as lines
    from (
      select tenant_id, currency, amount as net, 0 as tax from line
      union all
      select tenant_id, currency, 0, amount from tax_line
    ) as figure
    where not exists (
      select from invoice
      where invoice.tenant_id = figure.tenant_id and invoice.currency = figure.currency
        and period_start = ${month}::date and invoice.kind = 'invoice'
    )
    group by tenant_id, currency
  )
`;

/** `numbered`: the drafts with their places, a block of each series. The series' rows stay ours until the end. */
const numbers = (db: Db, { issuedAt }: Issuing) => db`
  wanted as materialized (
    select draft.*, name, country, last_day, issued_on, country || '-' || to_char(issued_on, 'YYYY') as series,
           md5(tenant_id || ' ' || last_day || ' ' || currency) as hash
    from draft
    join payer using (tenant_id)
    cross join lateral (select (${issuedAt}::timestamptz at time zone time_zone)::date as issued_on) today
  ),
  taken as (
    insert into invoice_series as kept (series, last_number)
    select series, count(*) from wanted group by series order by series
    on conflict (series) do update set last_number = kept.last_number + excluded.last_number
    returning series, last_number
  ),
  numbered as (
    select wanted.*, last_number - count(*) over (partition by series)
                     + row_number() over (partition by series order by tenant_id, currency) as place
    from wanted
    join taken using (series)
  )
`;

/** A UUIDv7 of the issue's time whose rest follows from what the invoice is of: the same whoever issues it. */
const invoiceId = (db: Db, { issuedAt }: Issuing) => db`(
  lpad(to_hex((extract(epoch from ${issuedAt}::timestamptz) * 1000)::bigint), 12, '0')
  || '7' || substr(hash, 1, 3) || '8' || substr(hash, 4, 15)
)::uuid`;

/** In the order that `draftInvoices` has. */
const insertLines = (db: Db, { month }: Issuing) => db`
  insert into invoice_line (
    invoice_id, position, kind, source_id, detail, starts_on, ends_on, quantity, unit_minor, rate_basis_points,
    amount_minor
  )
  select issued.id,
         row_number() over (
           partition by issued.id
           order by array_position(array['subscription', 'charge', 'dispute', 'tax'], found.kind),
                    found.starts_on, ends_on, detail collate "C", unit, rate, source_id
         ),
         found.kind, source_id, detail, found.starts_on, ends_on, quantity, unit, rate, amount
  from issued
  join (
    select tenant_id, currency, kind, source_id, detail, starts_on, ends_on, quantity, unit, rate, amount from line
    union all
    select tenant_id, tax_line.currency, 'tax', null, tax, ${month}::date, last_day, 1, unit, rate, amount
    from tax_line join payer using (tenant_id)
  ) found on found.tenant_id = issued.tenant_id and found.currency = issued.currency
`;
