import type { Issued } from '../../domain/invoices/invoicing.ts';
import type { Db, Sql, Tx } from '../../platform/postgres.ts';
import { dueItems, isBilled, type Issuing } from './due-items.ts';

/** Lists the tenants of the next part, by their ids. */
export async function listPart(sql: Sql, after: string, size: number): Promise<readonly string[]> {
  const rows = await sql<{ id: string }[]>`select id from tenant where id > ${after} order by id limit ${size}`;
  return rows.map(({ id }) => id);
}

/**
 * Issues the invoices of a month, whole, in one statement: the lines of `draftInvoices`, their entries in the ledger,
 * and the next numbers of each series. A tenant whose invoice of the month stands gets no other. An invoice that was
 * credited gets one in its place. Others who bill the tenants, or take numbers of the series, wait.
 */
export async function issueMonthlyInvoices(tx: Tx, issuing: Issuing): Promise<Issued[]> {
  const { month } = issuing;
  await tx`select from tenant where ${isBilled(tx, issuing)} order by id for no key update`;
  const rows = await tx<(Omit<Issued, 'total'> & { readonly total: string })[]>`
    with ${dueItems(tx, issuing)}, ${figures(tx, issuing)}, ${numbers(tx, issuing)},
    issued as (
      insert into invoice (
        id, kind, series, place, tenant_id, tenant_name, country, currency, period_start, period_end,
        issued_at, issued_on, net_minor, tax_minor, total_minor, line_count, replaces
      )
      select ${invoiceId(tx, issuing)}, 'invoice', series, place, tenant_id, name, country, currency, ${month}::date,
             last_day, issued_at, issued_on, net, tax, net + tax, lines, replaces
      from numbered
      returning *
    ),
    written as (${insertLines(tx, issuing)}),
    recorded as (${insertEntries(tx)}),
    billed as (
      update performance_charge charge set invoice_id = issued.id
      from due_charge due join issued on issued.tenant_id = due.tenant_id and issued.currency = due.currency
      where charge.id = due.id and charge.invoice_id is null
    )
    select id, tenant_id as "tenantId", number, period_start::text as "periodStart", period_end::text as "periodEnd",
           currency, total_minor as total, issued_at as "issuedAt"
    from issued
    order by series, place
  `;
  return rows.map(({ total, ...row }) => ({ ...row, total: BigInt(total) }));
}

/** `line` and `tax_line`, and their sums for tenants without an invoice of the month that stands: `draft`. */
const figures = (db: Db, { month }: Issuing) => db`
  line as materialized (
    select tenant_id, currency, position, kind, source_id, detail, starts_on, ends_on, unit, tax, rate,
           count(*)::integer as quantity, count(*) * unit as amount
    from item
    group by tenant_id, currency, position, kind, source_id, detail, starts_on, ends_on, unit, tax, rate
  ),
  tax_line as materialized (
    select tenant_id, currency, tax, rate, sum(amount)::bigint as unit,
           divide_half_even(sum(amount) * rate, 10000) as amount
    from line
    where tax is not null
    group by tenant_id, currency, tax, rate
  ),
  last_invoice as materialized (
    select invoice.tenant_id, invoice.currency, invoice.id, note.id is not null as is_credited
    from payer
    join invoice on invoice.tenant_id = payer.tenant_id and invoice.period_start = ${month}::date and invoice.kind = 'invoice'
    left join invoice note on note.credits = invoice.id and note.credits_position is null
    where not exists (select from invoice later where later.replaces = invoice.id)
  ),
  draft as (
    select tenant_id, currency, last_invoice.id as replaces, net, tax, lines, taxed
    from (
      select tenant_id, currency, sum(net)::bigint as net, sum(tax)::bigint as tax, count(*)::integer as lines,
             count(*) filter (where is_tax)::integer as taxed
      from (
        select tenant_id, currency, amount as net, 0 as tax, false as is_tax from line
        union all
        select tenant_id, currency, 0, amount, true from tax_line
      ) as figure
      group by tenant_id, currency
    ) as sums
    left join last_invoice using (tenant_id, currency)
    where last_invoice.id is null or is_credited
  )
`;

/** `numbered`: the drafts with their places, a block of each series. The series' rows stay ours until the end. */
const numbers = (db: Db, { issuedAt }: Issuing) => db`
  wanted as materialized (
    select draft.*, name, country, last_day, issued_on, country || '-' || to_char(issued_on, 'YYYY') as series,
           md5(concat_ws(' ', tenant_id, last_day, currency, replaces)) as hash
    from draft
    join payer using (tenant_id)
    cross join lateral (select (${issuedAt}::timestamptz at time zone time_zone)::date as issued_on) today
  ),
  taken as (
    insert into invoice_series as kept (series, last_number, last_issued_at)
    select series, count(*), ${issuedAt}::timestamptz from wanted group by series order by series
    on conflict (series) do update
      set last_number    = kept.last_number + excluded.last_number,
          last_issued_at = greatest(kept.last_issued_at, excluded.last_issued_at)
    returning series, last_number, last_issued_at
  ),
  numbered as (
    select wanted.*, last_issued_at as issued_at,
           last_number - count(*) over (partition by series)
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

/** In the order of `draftInvoices`: taxes come last. */
const insertLines = (db: Db, { month }: Issuing) => db`
  insert into invoice_line (
    invoice_id, position, kind, source_id, detail, starts_on, ends_on, quantity, unit_minor, rate_basis_points,
    amount_minor
  )
  select issued.id, position, line.kind, source_id, detail, line.starts_on, line.ends_on, quantity, unit, rate, amount
  from issued join line on line.tenant_id = issued.tenant_id and line.currency = issued.currency
  union all
  select issued.id,
         lines - taxed + row_number() over (partition by issued.id order by tax_line.tax collate "C", unit, rate),
         'tax', null, tax_line.tax, ${month}::date, last_day, 1, unit, rate, amount
  from issued
  join tax_line on tax_line.tenant_id = issued.tenant_id and tax_line.currency = issued.currency
  join numbered on numbered.tenant_id = issued.tenant_id and numbered.currency = issued.currency
`;

const insertEntries = (db: Db) => db`
  insert into ledger_entry (
    kind, source_id, starts_on, turn, tenant_id, currency, amount_minor, balance_minor, invoice_id, position, dispute_id
  )
  select thing, thing_id, thing_on, turn, item.tenant_id, item.currency, item.unit, balance, issued.id, position, dispute_id
  from issued join item on item.tenant_id = issued.tenant_id and item.currency = issued.currency
`;
