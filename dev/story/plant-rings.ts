import type { Sql, Tx } from '../../src/platform/postgres.ts';
import type { Plot } from './rings.ts';

/** Puts a plot into the tables, as if it had happened in the weeks before `end`. */
export async function plantRings(sql: Sql, plot: Plot, end: Date): Promise<void> {
  await sql.begin(async (tx) => {
    const ago = before(tx, end);
    await lay(tx, plot);
    await tx`
      insert into tenant (id, owner_user_id, name, country, currency, time_zone, created_at)
      select tenant_id, user_id, 'planted', 'MX', 'MXN', 'America/Mexico_City', ${ago(60)} from person
    `;
    await tx`insert into branch select listing_id, tenant_id, 'planted', 'x', 19, -99, ${ago(60)}, ${ago(60)} from person`;
    await tx`insert into listing select listing_id, tenant_id, listing_id, 'planted', 'x', 'x', 'visible', ${ago(60)} from person`;
    await tx`
      insert into tenant_member (tenant_id, user_id, role, joined_at)
      select (one ->> 'tenantId')::uuid, (one ->> 'userId')::uuid, 'member', ${ago(60)}
      from plot, jsonb_array_elements(plot -> 'members') as one
    `;
    await plantLinks(tx, end);
    await tx`
      insert into attribution (id, tenant_id, ambassador_user_id, plan_id, starts_on, ends_on, created_at)
      select gen_random_uuid(), (one ->> 'tenantId')::uuid, (one ->> 'ambassador')::uuid,
             (select min(plan_id::text)::uuid from commission_plan), (${ago(90)})::date,
             case when (one ->> 'hasEnded')::boolean then (${ago(60)})::date end,
             case when (one ->> 'hasEnded')::boolean then ${ago(1)} else ${ago(30)} end
      from plot, jsonb_array_elements(plot -> 'attributions') as one
    `;
    await plantEarnings(tx, end);
    await tx`
      with told as (
        select gen_random_uuid() as ticket_id, (one ->> 'tenantId')::uuid as tenant_id, (one ->> 'author')::uuid as author
        from plot, jsonb_array_elements(plot -> 'reviews') as one
      ), asked as (
        insert into ticket (id, tenant_id, customer_user_id, subject, description, created_at)
        select ticket_id, tenant_id, author, 'x', 'x', ${ago(20)} from told
      )
      insert into review (id, ticket_id, tenant_id, author_user_id, rating, text, verified, created_at)
      select gen_random_uuid(), ticket_id, tenant_id, author, 5, 'x', true, ${ago(20)} from told
    `;
  });
}

const before = (tx: Tx, end: Date) => (days: number) => tx`${end}::timestamptz - ${days} * interval '1 day'`;

/** The plot as tables: who there is, and what each holds. */
async function lay(tx: Tx, plot: Plot): Promise<void> {
  await tx`create temp table plot (plot jsonb not null) on commit drop`;
  await tx`insert into plot values (${JSON.stringify(plot)}::text::jsonb)`;
  await tx`
    create temp table person on commit drop as
    select (one ->> 'userId')::uuid as user_id, (one ->> 'tenantId')::uuid as tenant_id, (one ->> 'listingId')::uuid as listing_id
    from plot, jsonb_array_elements(plot -> 'people') as one
  `;
  await tx`
    create temp table hold on commit drop as
    select (one ->> 'userId')::uuid as user_id, one ->> 'card' as card, one ->> 'phone' as phone, one ->> 'device' as device,
           one ->> 'address' as address, (one ->> 'visits')::integer as visits, row_number() over () as n
    from plot, jsonb_array_elements(plot -> 'holds') as one
  `;
}

/** A payment of each attributed tenant in the first days of its attribution, with its commission. */
async function plantEarnings(tx: Tx, end: Date): Promise<void> {
  const ago = before(tx, end);
  await tx`
    with earning as (
      select gen_random_uuid() as payment_id, attribution.*
      from attribution
      join person using (tenant_id)
    ), paid as (
      insert into payment (id, provider, provider_payment_id, tenant_id, amount_minor, currency, status, captured_at, created_at)
      select payment_id, 'planted', payment_id::text, tenant_id, 50000, 'MXN', 'captured', ${ago(80)}, ${ago(80)} from earning
    )
    insert into commission (id, payment_id, kind, tenant_id, ambassador_user_id, attribution_id, amount_minor, currency, earned_on)
    select gen_random_uuid(), payment_id, 'payment', tenant_id, ambassador_user_id, id, 5000, 'MXN', (${ago(80)})::date from earning
  `;
}

/** Cards, phones and visits. */
async function plantLinks(tx: Tx, end: Date): Promise<void> {
  const ago = before(tx, end);
  await tx`
    insert into user_contact (user_id, name, email, locale, updated_at, phone)
    select user_id, 'planted', user_id || '@planted.example', 'es', ${ago(60)}, phone from hold where phone is not null
  `;
  await tx`
    insert into payment (
      id, provider, provider_payment_id, tenant_id, amount_minor, currency, status, instrument_hash, captured_at, created_at
    )
    select gen_random_uuid(), 'planted', n::text, tenant_id, 100, 'MXN', 'captured', card, ${ago(9)}, ${ago(9)}
    from hold
    join person using (user_id)
    where card is not null
  `;
  await tx`
    insert into listing_visit (listing_id, kind, visitor_hash, follows, at, ip_hash)
    select listing_id, 'view', device, case visit when 1 then '-infinity' else ${ago(9)} + (visit - 1) * interval '1 hour' end,
           ${ago(9)} + visit * interval '1 hour', address
    from hold
    join person using (user_id), generate_series(1, visits) as visit
    where device is not null
  `;
}
