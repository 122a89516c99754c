import type { Db } from '../../platform/postgres.ts';

/** An invoice beside its tenant's payments. Minor units; below zero, an invoice is a credit that pays for others. */
export interface InvoiceStanding {
  readonly credited: bigint;
  readonly paid: bigint;
  readonly due: bigint;
}

/** Finds how far an invoice is credited and paid; undefined for a credit note. */
export async function findStanding(
  db: Db,
  { id, tenantId }: { readonly id: string; readonly tenantId: string },
): Promise<InvoiceStanding | undefined> {
  const [row] = await db<{ credited: string; paid: string; due: string }[]>`
    select credited_minor as credited, paid_minor as paid, due_minor as due
    from invoice_standing
    where tenant_id = ${tenantId} and invoice_id = ${id}
  `;
  return row && { credited: BigInt(row.credited), paid: BigInt(row.paid), due: BigInt(row.due) };
}

/** An invoice with its standing, as an operator sees it in a list. Minor units. */
export interface ListedStanding extends InvoiceStanding {
  readonly id: string;
  readonly number: string;
  readonly currency: string;
  readonly periodStart: string;
  readonly issuedOn: string;
  readonly total: bigint;
}

/** Lists a tenant's latest invoices with their standings, newest first. */
export async function listStandings(db: Db, tenantId: string, limit: number): Promise<ListedStanding[]> {
  type Row = Record<keyof ListedStanding, string>;
  const rows = await db<Row[]>`
    select id, number, invoice.currency, period_start::text as "periodStart", issued_on::text as "issuedOn",
           total_minor as total, credited_minor as credited, paid_minor as paid, due_minor as due
    from invoice_standing join invoice on id = invoice_id
    where invoice_standing.tenant_id = ${tenantId}
    order by id desc
    limit ${limit}
  `;
  return rows.map(({ total, credited, paid, due, ...row }) => (
    { ...row, total: BigInt(total), credited: BigInt(credited), paid: BigInt(paid), due: BigInt(due) }));
}

/** A tenant's account in a currency. Minor units; either `due` or `excess` is 0. */
export interface Account {
  readonly currency: string;
  readonly billed: bigint;
  readonly received: bigint;
  readonly due: bigint;
  readonly excess: bigint;
}

/** Lists a tenant's accounts by currency. */
export async function listAccounts(db: Db, tenantId: string): Promise<Account[]> {
  const rows = await db<Record<keyof Account, string>[]>`
    select currency, billed_minor as billed, received_minor as received, due_minor as due, excess_minor as excess
    from tenant_account
    where tenant_id = ${tenantId}
    order by currency
  `;
  return rows.map(({ currency, billed, received, due, excess }) => ({
    currency, billed: BigInt(billed), received: BigInt(received), due: BigInt(due), excess: BigInt(excess),
  }));
}

export const accountMismatchKinds = ['due', 'excess', 'wrong-currency'] as const;

/** A place where invoices and payments do not agree; a payment is named where it is about one. Minor units. */
export interface AccountMismatch {
  readonly tenantId: string;
  readonly currency: string;
  readonly kind: (typeof accountMismatchKinds)[number];
  readonly amount: bigint;
  readonly paymentId: string | null;
}

/** A place in the list of mismatches, which is by tenant, currency, kind and payment. */
export type MismatchPosition = readonly [tenantId: string, currency: string, kind: string, paymentId: string];

export const positionOf = ({ tenantId, currency, kind, paymentId }: AccountMismatch): MismatchPosition =>
  [tenantId, currency, kind, paymentId ?? ''];

export interface AccountMismatchPage {
  readonly tenantId: string | undefined;
  readonly kind: string | undefined;
  readonly after: MismatchPosition | undefined;
  readonly limit: number;
}

/** Lists mismatches of accounts in the order of their positions. */
export async function listAccountMismatches(
  db: Db,
  { tenantId, kind, after, limit }: AccountMismatchPage,
): Promise<AccountMismatch[]> {
  const rows = await db<(Omit<AccountMismatch, 'amount'> & { readonly amount: string })[]>`
    select tenant_id as "tenantId", currency, kind, amount_minor as amount, payment_id as "paymentId"
    from account_mismatch
    where true
      ${tenantId === undefined ? db`` : db`and tenant_id = ${tenantId}`}
      ${kind === undefined ? db`` : db`and kind = ${kind}`}
      ${after === undefined ? db`` : db`
        and tenant_id >= ${after[0]}::uuid
        and (tenant_id::text, currency, kind, coalesce(payment_id::text, '')) > (${after[0]}, ${after[1]}, ${after[2]}, ${after[3]})
      `}
    order by tenant_id::text, currency, kind, coalesce(payment_id::text, '')
    limit ${limit}
  `;
  return rows.map(({ amount, ...row }) => ({ ...row, amount: BigInt(amount) }));
}
