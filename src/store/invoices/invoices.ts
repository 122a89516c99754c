import type { CreditableInvoice, CreditLine, NewCreditNote } from '../../domain/invoices/credit-note.ts';
import type { Invoice, InvoiceLine } from '../../domain/invoices/invoicing.ts';
import type { Db, Tx } from '../../platform/postgres.ts';
import { insertCreditEntries, listBilledThings, listCreditedTaxes } from './ledger.ts';
import type { Page } from '../../platform/page.ts';

/** An invoice without its lines, with the numbers of those it names, and the note that took it back whole. */
export interface ListedInvoice extends Omit<Invoice, 'lines'> {
  readonly creditsNumber: string | null;
  readonly replacesNumber: string | null;
  readonly creditedBy: string | null;
}

export type KeptInvoice = ListedInvoice & Pick<Invoice, 'lines'>;

/** The invoice or credit note as it was issued. */
export async function findInvoice(db: Db, id: string): Promise<KeptInvoice | undefined> {
  const [row] = await db<InvoiceRow[]>`select ${columns(db)} from invoice where invoice.id = ${id}`;
  if (row === undefined) return undefined;
  const lines = await db<LineRow[]>`
    select kind, source_id as "sourceId", detail, starts_on::text as "startsOn", ends_on::text as "endsOn", quantity,
           unit_minor as unit, rate_basis_points as "basisPoints", amount_minor as amount
    from invoice_line
    where invoice_id = ${id}
    order by position
  `;
  const toLine = ({ unit, amount, ...line }: LineRow) => ({ ...line, unit: BigInt(unit), amount: BigInt(amount) });
  return { ...toInvoice(row), lines: lines.map(toLine) };
}

/** Returns an invoice for a credit note. Others who bill or credit the tenant wait until the transaction ends. */
export async function findInvoiceToCredit(tx: Tx, id: string): Promise<(KeptInvoice & CreditableInvoice) | undefined> {
  await tx`
    select from tenant where id = (select tenant_id from invoice where invoice.id = ${id}) for no key update
  `;
  const invoice = await findInvoice(tx, id);
  if (invoice === undefined) return undefined;
  return { ...invoice, things: await listBilledThings(tx, id), creditedTaxes: await listCreditedTaxes(tx, id) };
}

/** A tenant's invoices and credit notes, newest first. */
export async function listInvoices(db: Db, tenantId: string, { before, limit }: Page): Promise<ListedInvoice[]> {
  const rows = await db<InvoiceRow[]>`
    select ${columns(db)} from invoice
    where tenant_id = ${tenantId} ${before === undefined ? db`` : db`and invoice.id < ${before}`}
    order by invoice.id desc
    limit ${limit}
  `;
  return rows.map(toInvoice);
}

/** Gives a credit note the next number of its series, and adds it. Others who take one of the country's wait. */
export async function insertCreditNote(tx: Tx, note: NewCreditNote): Promise<Invoice> {
  const { id, tenantId, tenantName, country, currency, periodStart, periodEnd, issuedAt, lines } = note;
  const [given] = await tx<Pick<Invoice, 'number' | 'issuedOn'>[]>`
    with today as (
      select (${issuedAt}::timestamptz at time zone zone_or_utc(time_zone))::date as day from tenant where id = ${tenantId}
    ),
    taken as (
      insert into invoice_series as kept (series, last_number, last_issued_at)
      select ${country} || '-NC-' || to_char(day, 'YYYY'), 1, ${issuedAt}::timestamptz from today
      on conflict (series) do update
        set last_number    = kept.last_number + 1,
            last_issued_at = greatest(kept.last_issued_at, excluded.last_issued_at)
      returning series, last_number, last_issued_at
    )
    insert into invoice (
      id, kind, series, place, tenant_id, tenant_name, country, currency, period_start, period_end,
      issued_at, issued_on, net_minor, tax_minor, total_minor, line_count, credits, credits_position, reason
    )
    select ${id}, 'credit-note', series, last_number, ${tenantId}::uuid, ${tenantName}, ${country}, ${currency},
           ${periodStart}::date, ${periodEnd}::date, last_issued_at, day,
           ${String(note.net)}::bigint, ${String(note.tax)}::bigint, ${String(note.total)}::bigint, ${lines.length},
           ${note.credits}::uuid, ${note.creditsPosition}::integer, ${note.reason}
    from taken, today
    returning number, issued_on::text as "issuedOn"
  `;
  if (given === undefined) throw new Error('the credit note’s tenant is gone');
  await insertLines(tx, id, lines);
  await insertCreditEntries(tx, note);
  return { ...note, ...given };
}

async function insertLines(tx: Tx, invoiceId: string, lines: readonly CreditLine[]): Promise<void> {
  await tx`
    insert into invoice_line (
      invoice_id, position, kind, source_id, detail, starts_on, ends_on, quantity, unit_minor, rate_basis_points,
      amount_minor, credits_position
    )
    select ${invoiceId}::uuid, position, kind, source_id, detail, starts_on, ends_on, quantity, unit, rate, amount, credits
    from unnest(
      ${lines.map(({ kind }) => kind)}::text[],
      ${lines.map(({ sourceId }) => sourceId)}::uuid[],
      ${lines.map(({ detail }) => detail)}::text[],
      ${lines.map(({ startsOn }) => startsOn)}::date[],
      ${lines.map(({ endsOn }) => endsOn)}::date[],
      ${lines.map(({ quantity }) => quantity)}::integer[],
      ${lines.map(({ unit }) => String(unit))}::bigint[],
      ${lines.map(({ basisPoints }) => basisPoints)}::integer[],
      ${lines.map(({ amount }) => String(amount))}::bigint[],
      ${lines.map(({ creditsPosition }) => creditsPosition)}::integer[]
    ) with ordinality
      as line (kind, source_id, detail, starts_on, ends_on, quantity, unit, rate, amount, credits, position)
  `;
}

interface InvoiceRow extends Omit<ListedInvoice, 'net' | 'tax' | 'total'> {
  readonly net: string;
  readonly tax: string;
  readonly total: string;
}

interface LineRow extends Omit<InvoiceLine, 'unit' | 'amount'> {
  readonly unit: string;
  readonly amount: string;
}

const columns = (db: Db) => db`
  invoice.id, kind, number, tenant_id as "tenantId", tenant_name as "tenantName", country, currency,
  period_start::text as "periodStart", period_end::text as "periodEnd", issued_at as "issuedAt",
  issued_on::text as "issuedOn", net_minor as net, tax_minor as tax, total_minor as total, credits,
  invoice.credits_position as "creditsPosition", reason, replaces,
  (select back.number from invoice back where back.id = invoice.credits) as "creditsNumber",
  (select old.number from invoice old where old.id = invoice.replaces) as "replacesNumber",
  (select note.id from invoice note where note.credits = invoice.id and note.credits_position is null) as "creditedBy"
`;

const toInvoice = ({ net, tax, total, ...row }: InvoiceRow): ListedInvoice =>
  ({ ...row, net: BigInt(net), tax: BigInt(tax), total: BigInt(total) });
