import type { Db, Tx } from '../src/platform/postgres.ts';

/** Bills the tenants of `bench/invoices.ts` for a month by one statement that knows what they are and keeps no count. */
export async function insertBareInvoices(tx: Tx, month: string): Promise<void> {
  await tx`
    insert into invoice_series (series, last_number) select distinct country || '-' || ${month.slice(0, 4)}, 1 from tenant
    on conflict do nothing
  `;
  await tx`
    with ${lines(tx, month)},
    taxed as (
      select sum.*, divide_half_even(net::numeric * rate, 10000) as tax, gen_random_uuid() as id
      from sum
    ),
    issued as (
      insert into invoice (
        id, kind, series, place, tenant_id, tenant_name, country, currency, period_start, period_end,
        issued_at, issued_on, net_minor, tax_minor, total_minor, line_count
      )
      select id, 'invoice', country || '-' || ${month.slice(0, 4)}, 100000000 + row_number() over (partition by country),
             tenant_id, name, country, currency, ${month}::date, (${month}::date + interval '1 month')::date - 1,
             now(), now()::date, net, tax, net + tax, lines
      from taxed
    ),
    marked as (
      update performance_charge charge set invoice_id = taxed.id
      from taxed
      where charge.tenant_id = taxed.tenant_id and charge.currency = taxed.currency and invoice_id is null
    ),
    told as (${insertEvents(tx, month)}),
    entered as (${insertEntries(tx, month)})
    insert into invoice_line (
      invoice_id, position, kind, source_id, detail, starts_on, ends_on, quantity, unit_minor, rate_basis_points,
      amount_minor
    )
    select taxed.id, row_number() over (partition by taxed.id order by rank, detail), kind, source_id, detail,
           starts_on, starts_on, quantity, unit, rate, case kind when 'tax' then tax else quantity * unit end
    from (
      select * from line
      union all
      select tenant_id, currency, 3, 'tax', null, 'IVA', ${month}::date, 1, net from sum
    ) line
    join taxed using (tenant_id, currency)
  `;
}

const lines = (db: Db, month: string) => db`
  line as materialized (
    select tenant_id, currency, 1 as rank, 'subscription' as kind, id as source_id, plan as detail,
           ${month}::date + 9 as starts_on, 1 as quantity, price_minor as unit
    from tenant_subscription
    union all
    select tenant_id, charge.currency, 2, 'charge', null, kind, ${month}::date, count(*)::integer, amount_minor
    from performance_charge charge join tenant on tenant.id = tenant_id
    where date_trunc('month', occurred_at at time zone time_zone) = ${month}::date
    group by tenant_id, charge.currency, kind, amount_minor
  ),
  sum as materialized (
    select tenant_id, line.currency, sum(quantity * unit)::bigint as net, count(*)::integer + 1 as lines, name, country,
           case country when 'MX' then 1600 when 'CO' then 1900 else 2100 end as rate
    from line join tenant on tenant.id = tenant_id
    group by tenant_id, line.currency, name, country
  )
`;

/** The subscription is the first line; each kind of charge is one more. */
const insertEntries = (db: Db, month: string) => db`
  insert into ledger_entry (
    kind, source_id, starts_on, turn, tenant_id, currency, amount_minor, balance_minor, invoice_id, position
  )
  select 'period', sub.id, ${month}::date + 9, 1, tenant_id, currency, price_minor, price_minor, taxed.id, 1
  from tenant_subscription sub join taxed using (tenant_id, currency)
  union all
  select 'charge', charge.id, '-infinity', 1, tenant_id, currency, amount_minor, amount_minor, taxed.id,
         1 + dense_rank() over (partition by tenant_id, currency order by kind)
  from performance_charge charge join taxed using (tenant_id, currency)
  where invoice_id is null
`;

const insertEvents = (db: Db, month: string) => db`
  insert into outbox_event (id, event_type, schema_version, occurred_at, tenant_id, payload_json, correlation_id)
  select (
           lpad(to_hex((extract(epoch from now()) * 1000)::bigint), 12, '0')
           || '7' || substr(md5(id::text), 1, 3) || '8' || substr(md5(id::text), 4, 15)
         )::uuid,
         'InvoiceIssued', 1, now(), tenant_id,
         jsonb_build_object(
           'invoiceId', id, 'tenantId', tenant_id, 'number', country || '-' || tax, 'periodStart', ${month}::date,
           'periodEnd', ${month}::date + 30, 'total', jsonb_build_object('minor', net + tax, 'currency', currency)
         ),
         id
  from taxed
`;
