import { endOf, NO_TAX, TAX_RULES, type TaxRule } from '../../domain/invoices/taxes.ts';
import type { Db } from '../../platform/postgres.ts';

/** Tenants by their ids: those after one, up to another one. */
export interface TenantRange {
  readonly after: string;
  readonly upTo: string;
}

/** Tenants of a part by their ids, or one alone; the month by its first day; `rules` are the tax table unless given. */
export interface Issuing {
  readonly tenants: TenantRange | { readonly only: string };
  readonly month: string;
  readonly issuedAt: Date;
  readonly rules?: readonly TaxRule[];
}

/** Returns the condition that selects the tenants of an issue. */
export const isBilled = (db: Db, { tenants }: Issuing) =>
  'only' in tenants
    ? db`tenant.id = ${tenants.only}::uuid`
    : db`tenant.id > ${tenants.after}::uuid and tenant.id <= ${tenants.upTo}::uuid`;

/**
 * `item`: a row for each thing that is taken or given back, with the place of its line, its tax (null for a payment,
 * which is given back as it was paid), and its next entry of the ledger.
 */
export const dueItems = (db: Db, issuing: Issuing) => db`
  payer as materialized (
    select id as tenant_id, name, country, zone_or_utc(time_zone) as time_zone,
           (${issuing.month}::date + interval '1 month')::date - 1 as last_day
    from tenant
    where ${isBilled(db, issuing)}
  ),
  released as materialized (
    select entry.*
    from payer
    join ledger_entry entry using (tenant_id)
    where due_again and not exists (
      select from ledger_entry later
      where (later.kind, later.source_id, later.starts_on, later.turn)
            = (entry.kind, entry.source_id, entry.starts_on, entry.turn + 1)
    )
  ),
  due_charge as materialized (${dueCharges(db, issuing)}),
  due as (
    ${duePeriods(db)}
    union all
    select tenant_id, currency, 'charge', null, kind, date_trunc('month', day::timestamp)::date,
           (date_trunc('month', day::timestamp) + interval '1 month')::date - 1, amount_minor, day,
           'charge', id, '-infinity', turn, amount_minor, null
    from due_charge
    union all
    ${chargeDisputes(db)}
    union all
    ${paymentDisputes(db)}
  ),
  ${taxRules(db, issuing)},
  item as materialized (
    select due.*, tax, rate, dense_rank() over (
             partition by tenant_id, currency
             order by array_position(array['subscription', 'charge', 'dispute'], kind),
                      starts_on, ends_on, detail collate "C", unit, rate, source_id, tax
           )::integer as position
    from due
    join payer using (tenant_id)
    left join rule on rule.country = payer.country and taxed_on >= first_day and taxed_on < end_day
    cross join lateral (
      select case when taxed_on is not null then coalesce(rule.name, ${NO_TAX.name}) end as tax,
             coalesce(basis_points, ${NO_TAX.basisPoints}) as rate
    ) taxed
  )
`;

/** Charges that no invoice has and nothing holds, and those that a credit note made due again. */
const dueCharges = (db: Db, { issuedAt }: Issuing) => db`
  select charge.id, charge.tenant_id, charge.currency, charge.kind, charge.amount_minor, happened.day, unbilled.turn
  from (
    select payer.*, charge.id, 1 as turn
    from payer join performance_charge charge using (tenant_id)
    where charge.invoice_id is null and charge.struck_at is null and charge.held_until <= ${issuedAt}
    union all
    select payer.*, released.source_id, released.turn + 1
    from payer join released using (tenant_id)
    where released.kind = 'charge'
  ) unbilled
  join performance_charge charge on charge.id = unbilled.id
  cross join lateral (select (occurred_at at time zone time_zone)::date as day) happened
  where happened.day <= last_day
`;

/** The periods after the last that was billed, or all, and those that a credit note made due again. */
const duePeriods = (db: Db) => db`
  select tenant_id, currency, 'subscription' as kind, owed.id as source_id, plan as detail, starts_on, ends_on,
         price_minor as unit, starts_on as taxed_on,
         'period' as thing, owed.id as thing_id, starts_on as thing_on, turn, price_minor as balance, null::uuid as dispute_id
  from (
    select payer.tenant_id, sub.currency, sub.id, sub.plan, sub.price_minor, least(sub.ended_on, last_day) as until, turn,
           (sub.starts_on + make_interval(months => step.months * nth))::date           as starts_on,
           (sub.starts_on + make_interval(months => step.months * (nth + 1)))::date - 1 as ends_on
    from payer
    join tenant_subscription sub on sub.tenant_id = payer.tenant_id and sub.starts_on <= last_day
    cross join lateral (select case sub.period when 'yearly' then 12 else 1 end as months) step
    cross join lateral (
      select max(entry.starts_on) as day from ledger_entry entry where entry.kind = 'period' and entry.source_id = sub.id
    ) billed
    cross join lateral (
      select generate_series(
               coalesce((month_number(billed.day) - month_number(sub.starts_on)) / step.months + 1, 0),
               (month_number(last_day) - month_number(sub.starts_on)) / step.months
             ) as nth, 1 as turn
      union all
      select (month_number(released.starts_on) - month_number(sub.starts_on)) / step.months, released.turn + 1
      from released
      where released.kind = 'period' and released.source_id = sub.id
    ) unbilled
  ) owed
  where starts_on <= until
`;

/** Charges that are owed, or fall due now, though a dispute was decided for the tenant (`lost`). */
const chargeDisputes = (db: Db) => db`
  select payer.tenant_id, charge.currency, 'dispute', dispute.id, charge.kind, about.day, about.day,
         -charge.amount_minor, about.day,
         'charge', charge.id, '-infinity', coalesce(due_charge.turn, last.turn) + 1, 0, dispute.id
  from payer
  join dispute on dispute.tenant_id = payer.tenant_id and dispute.status = 'lost'
  join performance_charge charge on charge.id = dispute.charge_id
  cross join lateral (select (charge.occurred_at at time zone time_zone)::date as day) about
  left join due_charge on due_charge.id = charge.id
  left join lateral (
    select turn, balance_minor from ledger_entry
    where kind = 'charge' and source_id = charge.id and starts_on = '-infinity'
    order by turn desc
    limit 1
  ) last on true
  where (resolved_at at time zone time_zone)::date <= last_day
    and (due_charge.id is not null or last.balance_minor > 0)
`;

/** Payments that the tenant gets back: what was not refunded. A refund that came later withdraws a credit as far. */
const paymentDisputes = (db: Db) => db`
  select payer.tenant_id, payment.currency, 'dispute', dispute.id, 'payment', about.day, about.day,
         -(owed.minor + coalesce(last.balance_minor, 0)), null,
         'payment', payment.id, '-infinity', coalesce(last.turn, 0) + 1, -owed.minor, dispute.id
  from payer
  join dispute on dispute.tenant_id = payer.tenant_id and dispute.status = 'lost'
  join payment on payment.id = dispute.payment_id
  cross join lateral (select (payment.captured_at at time zone time_zone)::date as day) about
  cross join lateral (
    select payment.amount_minor - coalesce(sum(refund.amount_minor), 0)::bigint as minor
    from refund where refund.payment_id = payment.id
  ) owed
  left join lateral (
    select turn, balance_minor from ledger_entry
    where kind = 'payment' and source_id = payment.id and starts_on = '-infinity'
    order by turn desc
    limit 1
  ) last on true
  where (resolved_at at time zone time_zone)::date <= last_day
    and about.day <= last_day
    and owed.minor + coalesce(last.balance_minor, 0) <> 0
`;

const taxRules = (db: Db, { rules = TAX_RULES }: Issuing) => db`
  rule as materialized (
    select * from unnest(
      ${rules.map(({ country }) => country)}::text[],
      ${rules.map(({ name }) => name)}::text[],
      ${rules.map(({ basisPoints }) => basisPoints)}::integer[],
      ${rules.map(({ startsOn }) => startsOn)}::date[],
      ${rules.map((rule) => endOf(rule, rules) ?? 'infinity')}::date[]
    ) as rule (country, name, basis_points, first_day, end_day)
  )
`;
