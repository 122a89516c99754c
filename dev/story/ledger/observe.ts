import type { Sql } from '../../../src/platform/postgres.ts';
import type { Balances } from './model.ts';

interface Thing {
  readonly kind: string;
  readonly id: string;
  readonly on: string;
}

/** Reads a tenant's balances: of each thing the last sum of its chain, and its account. */
export async function observe(sql: Sql, tenantId: string, things: readonly Thing[]): Promise<Balances> {
  const [row] = await sql<{ things: string[]; billed: string; received: string; wrong: string }[]>`
    select (
        select coalesce(json_agg(coalesce(last.balance_minor, 0) order by nth), '[]')
        from unnest(
          ${things.map(({ kind }) => kind)}::text[], ${things.map(({ id }) => id)}::uuid[], ${things.map(({ on }) => on)}::date[]
        ) with ordinality as thing (kind, id, first_day, nth)
        left join lateral (
          select balance_minor from ledger_entry entry
          where entry.kind = thing.kind and entry.source_id = thing.id and entry.starts_on = thing.first_day
          order by turn desc
          limit 1
        ) last on true
      ) as things,
      (select coalesce(sum(total_minor), 0) from invoice where tenant_id = ${tenantId}) as billed,
      (select coalesce(sum(received_minor), 0) from tenant_account where tenant_id = ${tenantId} and currency = 'MXN') as received,
      (select coalesce(sum(amount_minor), 0) from account_mismatch where tenant_id = ${tenantId} and kind = 'wrong-currency') as wrong
  `;
  return {
    things: row?.things.map(Number) ?? [], billed: Number(row?.billed), received: Number(row?.received),
    wrongCurrency: Number(row?.wrong),
  };
}

/** Returns what is wrong with a tenant's invoices: of each the part that payments reach, the oldest first. */
export async function listWrongStandings(sql: Sql, tenantId: string, received: number): Promise<readonly string[]> {
  const rows = await sql<{ id: string; owed: string; paid: string; due: string; number: string }[]>`
    select invoice.id, number, (
             select sum(total_minor) from invoice document where document.id = invoice.id or document.credits = invoice.id
           ) as owed, paid_minor as paid, due_minor as due
    from invoice join invoice_standing on invoice_id = invoice.id
    where invoice.tenant_id = ${tenantId}
    order by issued_at, invoice.id
  `;
  const credits = rows.reduce((sum, { owed }) => sum + Math.max(0, -Number(owed)), 0);
  let rest = received + credits;
  return rows.flatMap(({ number, owed, paid, due }) => {
    const part = Number(owed) <= 0 ? Number(owed) : Math.max(0, Math.min(Number(owed), rest));
    if (Number(owed) > 0) rest -= Number(owed);
    const isRight = Number(paid) === part && Number(due) === Number(owed) - part;
    return isRight ? [] : [`${number} is paid ${paid} and due ${due} of ${owed}; it should be paid ${part}`];
  });
}
