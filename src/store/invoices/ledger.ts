import type { BilledThing, CreditedTax, CreditEntry, NewCreditNote } from '../../domain/invoices/credit-note.ts';
import type { Tx } from '../../platform/postgres.ts';

/** Returns the things of an invoice's lines, as far as its own credit notes have not taken them back. */
export async function listBilledThings(tx: Tx, invoiceId: string): Promise<BilledThing[]> {
  const rows = await tx<(Omit<BilledThing, 'amount' | 'balance'> & { amount: string; balance: string })[]>`
    with entry as (
      select kind, source_id, starts_on, position, amount_minor, dispute_id
      from ledger_entry where invoice_id = ${invoiceId}
      union all
      select entry.kind, entry.source_id, entry.starts_on, line.credits_position, entry.amount_minor, entry.dispute_id
      from invoice note
      join invoice_line line  on line.invoice_id = note.id
      join ledger_entry entry on entry.invoice_id = note.id and entry.position = line.position
      where note.credits = ${invoiceId}
    )
    select kind, source_id as "sourceId", starts_on::text as "startsOn", position, amount, dispute_id as "disputeId",
           last.turn as "lastTurn", last.balance_minor as balance
    from (
      select kind, source_id, starts_on, position, dispute_id, sum(amount_minor)::bigint as amount
      from entry
      group by kind, source_id, starts_on, position, dispute_id
    ) thing
    cross join lateral (
      select turn, balance_minor from ledger_entry last
      where last.kind = thing.kind and last.source_id = thing.source_id and last.starts_on = thing.starts_on
      order by turn desc
      limit 1
    ) last
    where amount <> 0
    order by position, source_id
  `;
  return rows.map(({ amount, balance, ...row }) => ({ ...row, amount: BigInt(amount), balance: BigInt(balance) }));
}

/** Returns the taxes that an invoice's credit notes took back, by rate. */
export async function listCreditedTaxes(tx: Tx, invoiceId: string): Promise<CreditedTax[]> {
  const rows = await tx<{ basisPoints: number; base: string; amount: string }[]>`
    select rate_basis_points as "basisPoints", sum(unit_minor)::bigint as base, sum(line.amount_minor)::bigint as amount
    from invoice note join invoice_line line on line.invoice_id = note.id
    where note.credits = ${invoiceId} and line.kind = 'tax'
    group by rate_basis_points
  `;
  return rows.map(({ basisPoints, base, amount }) => ({ basisPoints, base: BigInt(base), amount: BigInt(amount) }));
}

/** Adds a credit note's entries to the chains of their things. An entry that another took the place of fails. */
export async function insertCreditEntries(tx: Tx, { id, tenantId, currency, entries }: NewCreditNote): Promise<void> {
  const column = <Value>(read: (entry: CreditEntry) => Value) => entries.map(read);
  await tx`
    insert into ledger_entry (
      kind, source_id, starts_on, turn, tenant_id, currency, amount_minor, balance_minor, invoice_id, position,
      dispute_id, due_again
    )
    select entry.kind, entry.source_id, entry.starts_on, turn, ${tenantId}::uuid, ${currency}, amount, balance,
           ${id}::uuid, line.position, dispute_id, due_again
    from unnest(
      ${column(({ kind }) => kind)}::text[],
      ${column(({ sourceId }) => sourceId)}::uuid[],
      ${column(({ startsOn }) => startsOn)}::date[],
      ${column(({ position }) => position)}::integer[],
      ${column(({ turn }) => turn)}::integer[],
      ${column(({ amount }) => String(amount))}::bigint[],
      ${column(({ balance }) => String(balance))}::bigint[],
      ${column(({ disputeId }) => disputeId)}::uuid[],
      ${column(({ dueAgain }) => String(dueAgain))}::text[]::boolean[]
    ) as entry (kind, source_id, starts_on, credits_position, turn, amount, balance, dispute_id, due_again)
    join invoice_line line on line.invoice_id = ${id} and line.credits_position = entry.credits_position
  `;
}
