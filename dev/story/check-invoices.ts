import type { Sql } from '../../src/platform/postgres.ts';
import type { Comparison } from './check.ts';

interface Counted {
  readonly compared: number;
  readonly differences: number;
}

/** Compares what was invoiced and what was frozen with what independent SQL makes of the facts. */
export async function checkInvoices(sql: Sql): Promise<Comparison[]> {
  return [
    await compareInvoices(sql), await compareCreditNotes(sql), await compareNumbers(sql), await comparePayoutHashes(sql),
  ];
}

/**
 * Every day of a subscription is looked at for whether it is due on it; a fact belongs to the first month that was
 * billed at all from its own on. Nothing may have come late. The rates are those of 2026; a payment is given back as it
 * was paid. Invoices in the place of credited ones are not looked at.
 * `fact` has a row for each thing, `expected` one for each month of a tenant and currency.
 */
export const expectedInvoices = (sql: Sql) => sql`
    billed as (select distinct period_start as month from invoice where kind = 'invoice'),
    rate (country, percent) as (values ('AR', 21), ('CL', 19), ('CO', 19), ('ES', 21), ('MX', 16), ('PE', 18)),
    fact as (
      select tenant_id, currency, day::date as day, price_minor as minor, true as is_taxed
      from tenant_subscription,
           generate_series(starts_on, least(ended_on, (select max(month) + 31 from billed)), interval '1 day') as day
      where extract(day from day) = least(
              extract(day from starts_on), extract(day from date_trunc('month', day) + interval '1 month - 1 day'))
        and (period = 'monthly' or extract(month from day) = extract(month from starts_on))
      union all
      select tenant_id, charge.currency, (due_at at time zone time_zone)::date, amount_minor, true
      from performance_charge charge join tenant on tenant.id = tenant_id,
           lateral (
             -- A click that was still held when its month was billed is due when its hold ends.
             select case when held_until <= min(issued_at) then occurred_at else greatest(occurred_at, held_until) end as due_at
             from invoice
             where period_start = date_trunc('month', occurred_at at time zone time_zone)::date and kind = 'invoice'
           ) due
      where struck_at is null and held_until < 'infinity'
      union all
      select tenant_id, dispute.currency, (resolved_at at time zone time_zone)::date, least(0, refunded - amount_minor),
             dispute.charge_id is not null
      from dispute join tenant on tenant.id = tenant_id,
           lateral (
             select coalesce(sum(amount_minor), 0) as refunded from refund
             where payment_id = dispute.payment_id and refunded_at <= (select max(issued_at) from invoice where kind = 'invoice')
           ) back
      where dispute.status = 'lost' and not exists (
        select from performance_charge charge join invoice note on note.credits = charge.invoice_id
        where charge.id = dispute.charge_id
      )
    ),
    net as (
      select tenant_id, currency, sum(minor) as net, coalesce(sum(minor) filter (where is_taxed), 0) as base,
             (select min(month) from billed where month >= date_trunc('month', day)::date) as month
      from fact
      group by tenant_id, currency, month
    ),
    taxed as (
      select net.*, base * coalesce(percent, 0) / 100 as exact
      from net join tenant on tenant.id = tenant_id left join rate using (country)
      where month is not null
    ),
    expected as (
      select tenant_id, currency, month, net,
             case when abs(exact - trunc(exact)) = 0.5 then 2 * round(exact / 2) else round(exact) end as tax
      from taxed
    )
`;

async function compareInvoices(sql: Sql): Promise<Comparison> {
  const [row] = await sql<Counted[]>`
    with ${expectedInvoices(sql)},
    kept as (
      select tenant_id, currency, period_start as month, net_minor as net, tax_minor as tax, total_minor as total,
             (select sum(amount_minor) from invoice_line where invoice_id = invoice.id) as lines
      from invoice
      where kind = 'invoice' and replaces is null
    )
    select count(*)::integer as compared,
           (count(*) filter (
             where (kept.net, kept.tax, kept.total, kept.lines)
                   is distinct from (expected.net, expected.tax, expected.net + expected.tax, expected.net + expected.tax)
           ))::integer as differences
    from expected full join kept using (tenant_id, currency, month)
  `;
  return { figure: 'invoices', ...counted(row) };
}

/** Each takes back no more than its invoice took, and the notes of one that was credited whole leave nothing of it. */
async function compareCreditNotes(sql: Sql): Promise<Comparison> {
  const [row] = await sql<Counted[]>`
    with thing as (
      select coalesce(document.credits, document.id) as invoice_id, sum(entry.amount_minor) as net,
             bool_or(document.credits is not null and document.credits_position is null) as is_whole,
             (select sum(amount_minor) from ledger_entry every
              where (every.kind, every.source_id, every.starts_on) = (entry.kind, entry.source_id, entry.starts_on)) as stands
      from ledger_entry entry join invoice document on document.id = entry.invoice_id
      group by coalesce(document.credits, document.id), entry.kind, entry.source_id, entry.starts_on
    )
    select (count(distinct note.id))::integer as compared,
           (count(distinct note.id) filter (where thing.net < 0 or (thing.net > 0 and is_whole and stands > 0)))::integer
             as differences
    from invoice note
    left join thing on thing.invoice_id = note.credits and not exists (
      select from ledger_entry where invoice_id = note.credits and dispute_id is not null
    )
    where note.kind = 'credit-note'
  `;
  return { figure: 'credit notes', ...counted(row) };
}

/** Each series has every number from 1 to its last, once, and says so in the documents. */
async function compareNumbers(sql: Sql): Promise<Comparison> {
  const [row] = await sql<Counted[]>`
    with kept as (
      select regexp_replace(number, '-[0-9]+$', '') as series, count(distinct number) as numbers,
             min(substring(number from '[0-9]+$')::integer) as first,
             max(substring(number from '[0-9]+$')::integer) as last
      from invoice
      group by 1
    )
    select count(*)::integer as compared,
           (count(*) filter (
             where (first, last, numbers) is distinct from (1, last_number, last_number)
           ))::integer as differences
    from invoice_series full join kept using (series)
  `;
  return { figure: 'invoice numbers without gap', ...counted(row) };
}

/** The lines of each closed payout cycle are those that it was closed with. */
async function comparePayoutHashes(sql: Sql): Promise<Comparison> {
  const [row] = await sql<Counted[]>`
    with line as (
      select cycle_id, commission.id || ',' || amount_minor as text
      from payout_line join commission on commission.id = commission_id
    )
    select count(*)::integer as compared,
           (count(*) filter (where lines_hash <> encode(sha256(convert_to(array_to_string(
             array(select text from line where cycle_id = cycle.id order by text collate "C"), chr(10)
           ), 'UTF8')), 'hex')))::integer as differences
    from payout_cycle cycle
  `;
  return { figure: 'payout cycles’ frozen lines', ...counted(row) };
}

const counted = (row: Counted | undefined): Counted => row ?? { compared: 0, differences: 0 };
