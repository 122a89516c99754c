import { PRIOR, VERIFIED_FACTOR } from '../../src/domain/ranking/reputation.ts';
import type { Sql } from '../../src/platform/postgres.ts';

/** A derived figure held against its recomputation from the facts. */
export interface Comparison {
  readonly figure: string;
  readonly compared: number;
  readonly differences: number;
}

/** Where each counted metric stands in the domain's tables: tenant and instant of each occurrence. */
const FACTS: Readonly<Record<string, string>> = Object.freeze({
  tenants_created: 'select id as tenant_id, created_at as at, 1 as value from tenant',
  tenants_verified: 'select id, verified_at, 1 from tenant where verified_at is not null',
  listings_published: 'select tenant_id, published_at, 1 from listing',
  listings_flagged: 'select listing.tenant_id, flag.created_at, 1 from listing_flag flag join listing on listing.id = listing_id',
  listing_views: "select tenant_id, visit.at, 1 from listing_visit visit join listing on listing.id = listing_id where kind = 'view'",
  whatsapp_clicks: "select tenant_id, visit.at, 1 from listing_visit visit join listing on listing.id = listing_id where kind = 'whatsapp-click'",
  tickets_created: 'select tenant_id, created_at, 1 from ticket',
  tickets_closed: 'select tenant_id, closed_at, 1 from ticket where closed_at is not null',
  quotes_sent: 'select tenant_id, sent_at, 1 from quote join ticket on ticket.id = ticket_id',
  quotes_approved: 'select tenant_id, approved_at, 1 from quote join ticket on ticket.id = ticket_id where approved_at is not null',
  leads_created: 'select tenant_id, created_at, 1 from lead',
  reviews_created: 'select tenant_id, created_at, 1 from review',
  subscriptions_started: 'select tenant_id, created_at, 1 from tenant_subscription',
  tenants_attributed: 'select tenant_id, created_at, 1 from attribution',
  payments_captured: "select tenant_id, captured_at, 1 from payment where status = 'captured'",
  payments_captured_minor_mxn: "select tenant_id, captured_at, amount_minor from payment where status = 'captured' and currency = 'MXN'",
  payments_captured_minor_eur: "select tenant_id, captured_at, amount_minor from payment where status = 'captured' and currency = 'EUR'",
  payments_captured_minor_cop: "select tenant_id, captured_at, amount_minor from payment where status = 'captured' and currency = 'COP'",
  payments_refunded: 'select tenant_id, refunded_at, 1 from refund join payment on payment.id = payment_id',
  performance_charges: 'select tenant_id, occurred_at, 1 from performance_charge',
});

/** Compares every derived figure with what independent SQL makes of the facts. */
export async function checkFigures(sql: Sql): Promise<Comparison[]> {
  const metrics = await Promise.all(Object.entries(FACTS).map(([metric, facts]) => compareMetric(sql, metric, facts)));
  return [...metrics, await compareReputation(sql), await compareCommissions(sql), await comparePayouts(sql)];
}

async function compareMetric(sql: Sql, metric: string, facts: string): Promise<Comparison> {
  const [row] = await sql.unsafe(
    `with fact (tenant_id, at, value) as (${facts}), expected as (
       select fact.tenant_id, (fact.at at time zone tenant.time_zone)::date as day, sum(fact.value)::bigint as value
       from fact join tenant on tenant.id = fact.tenant_id group by 1, 2
     ), kept as (select tenant_id, day, value from daily_metric where metric = $1)
     select count(*)::integer as compared,
            (count(*) filter (where kept.value is distinct from expected.value))::integer as differences
     from expected full join kept using (tenant_id, day)`,
    [metric],
  );
  return { figure: metric, compared: row?.['compared'] ?? 0, differences: row?.['differences'] ?? 0 };
}

/** The Bayesian average, written again in SQL. */
async function compareReputation(sql: Sql): Promise<Comparison> {
  const [row] = await sql<{ compared: number; differences: number }[]>`
    with tally as (
      select tenant.id as tenant_id,
             count(review.id) as n, coalesce(sum(rating), 0) as stars,
             count(review.id) filter (where verified) as vn, coalesce(sum(rating) filter (where verified), 0) as vstars
      from tenant left join review on review.tenant_id = tenant.id and review.status = 'visible'
      group by tenant.id
    ), expected as (
      select tenant_id, n, round(
        (${PRIOR.weight * PRIOR.mean}::numeric + stars + ${VERIFIED_FACTOR - 1}::numeric * vstars)
        / (${PRIOR.weight}::numeric + n + ${VERIFIED_FACTOR - 1}::numeric * vn), 3) as score
      from tally
    )
    select count(*)::integer as compared,
           (count(*) filter (where abs(kept.score::numeric - expected.score) > 0.0005 or kept.reviews <> expected.n))::integer as differences
    from tenant_reputation kept join expected using (tenant_id)
  `;
  return { figure: 'reputation', compared: row?.compared ?? 0, differences: row?.differences ?? 0 };
}

/** `expected`: what each payment leaves its ambassador: the rate half-even, the cap, less the part that was given back. */
export const expectedCommissions = (sql: Sql) => sql`
    paid as (
      select payment.id, payment.tenant_id, payment.amount_minor::numeric as amount, payment.currency,
             (captured_at at time zone time_zone)::date as day,
             least(coalesce((select sum(amount_minor) from refund where refund.payment_id = payment.id), 0), payment.amount_minor)::numeric as lost
      from payment join tenant on tenant.id = payment.tenant_id where payment.status = 'captured'
    ), termed as (
      select paid.*, ambassador_user_id, plan.rate_basis_points as rate, plan.cap_minor, plan.cap_currency
      from paid
      join attribution on attribution.tenant_id = paid.tenant_id and paid.day >= starts_on and (ends_on is null or paid.day <= ends_on)
      join lateral (
        select * from commission_plan plan where plan.plan_id = attribution.plan_id and plan.starts_on <= paid.day
        order by plan.starts_on desc limit 1
      ) plan on true
    ), earned as (
      select *, case
        when cap_currency is not null and cap_currency <> currency then 0
        else least(coalesce(cap_minor, 'infinity'::float8::numeric), floor(amount * rate / 10000) + case
          when (amount * rate) % 10000 > 5000 then 1
          when (amount * rate) % 10000 = 5000 then floor(amount * rate / 10000) % 2
          else 0 end)
      end as full_share from termed
    ), expected as (
      select id, ambassador_user_id, currency, day, floor(full_share * (amount - lost) / amount)
                 + case when (full_share * (amount - lost)) % amount * 2 >= amount then 1 else 0 end as kept
      from earned
    )
`;

async function compareCommissions(sql: Sql): Promise<Comparison> {
  const [row] = await sql<{ compared: number; differences: number }[]>`
    with ${expectedCommissions(sql)},
    ledger as (select payment_id as id, sum(amount_minor) as kept from commission group by 1)
    select count(*)::integer as compared,
           (count(*) filter (where coalesce(ledger.kept, 0) <> coalesce(expected.kept, 0)))::integer as differences
    from expected full join ledger using (id)
  `;
  return { figure: 'commissions', compared: row?.compared ?? 0, differences: row?.differences ?? 0 };
}

/** Every commission is in one closed cycle at most, and each cycle is the sum of its lines. */
async function comparePayouts(sql: Sql): Promise<Comparison> {
  const [row] = await sql<{ compared: number; differences: number }[]>`
    select count(*)::integer as compared,
           (count(*) filter (where lines_minor <> (
             select coalesce(sum(amount_minor), 0) from payout_line line join commission on commission.id = commission_id where cycle_id = cycle.id
           )))::integer as differences
    from payout_cycle cycle
  `;
  return { figure: 'payout cycles', compared: row?.compared ?? 0, differences: row?.differences ?? 0 };
}
