import type { Sql } from '../../src/platform/postgres.ts';

/** Gives so many ambassadors one commission each, of the month before this one; each brought a tenant of their own. */
export async function plantEarnings(sql: Sql, count: number): Promise<void> {
  await sql`
    with planted as materialized (
      select gen_random_uuid() as tenant, gen_random_uuid() as ambassador, gen_random_uuid() as payment,
             gen_random_uuid() as attribution, (date_trunc('month', now()) - interval '10 days')::date as day, n
      from generate_series(1, ${count}) as n
    ), plan as (
      select plan_id from commission_plan where cap_minor is null order by plan_id limit 1
    ), tenants as (
      insert into tenant (id, owner_user_id, name, country, currency, time_zone, created_at)
      select tenant, gen_random_uuid(), 'Chaos ' || n, 'MX', 'MXN', 'America/Mexico_City', now() from planted
    ), payments as (
      insert into payment (id, provider, provider_payment_id, tenant_id, amount_minor, currency, status, captured_at, created_at)
      select payment, 'sandpay', 'chaos-' || n, tenant, 1000000, 'MXN', 'captured', day, day from planted
    ), attributions as (
      insert into attribution (id, tenant_id, ambassador_user_id, plan_id, starts_on, created_at)
      select attribution, tenant, ambassador, plan_id, day, now() from planted, plan
    ), contacts as (
      insert into user_contact (user_id, name, email, confirmed_email, locale, updated_at)
      select ambassador, 'Chaos', 'chaos-' || n || '@example.com', 'chaos-' || n || '@example.com', 'es', now() from planted
    )
    insert into commission (id, payment_id, kind, tenant_id, ambassador_user_id, attribution_id, amount_minor, currency, earned_on)
    select gen_random_uuid(), payment, 'payment', tenant, ambassador, attribution, 100000, 'MXN', day from planted
  `;
}
