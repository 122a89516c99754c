import type { Writable } from 'node:stream';
import { v7 as uuidv7 } from 'uuid';
import { copyInto } from '../platform/copy-into.ts';
import type { Db, Sql, Tx } from '../platform/postgres.ts';

/** What a report is about: a provider, and calendar days of UTC, both included. */
export interface SettlementPeriod {
  readonly provider: string;
  readonly periodStart: string;
  readonly periodEnd: string;
}

/** The columns of a report, in the order of its lines. */
export const SETTLEMENT_COLUMNS = ['provider_payment_id', 'amount_minor', 'currency', 'settled_on'] as const;

/** Begins a report: what is written to `lines` is CSV with a header, and becomes its lines as it comes. */
export async function openReport(
  tx: Tx,
  { provider, periodStart, periodEnd }: SettlementPeriod,
): Promise<{ readonly id: string; readonly lines: Writable }> {
  const id = uuidv7();
  await tx`
    insert into settlement_report (id, provider, period_start, period_end)
    values (${id}, ${provider}, ${periodStart}, ${periodEnd})
  `;
  await tx`select set_config('columna.settlement_report', ${id}, true), set_config('statement_timeout', '600000', true)`;
  const lines = await copyInto(tx`
    copy settlement_line (${tx.unsafe(SETTLEMENT_COLUMNS.join(', '))}) from stdin with (format csv, header match)
  `);
  return { id, lines };
}

/** Ends a report whose lines are in; their number comes back. The same bytes a second time violate `settlement_report_once`. */
export async function closeReport(tx: Tx, id: string, sha256: string): Promise<number> {
  const [row] = await tx<{ lines: string }[]>`
    update settlement_report
    set sha256 = ${sha256}, lines = (select count(*) from settlement_line where report_id = ${id})
    where id = ${id}
    returning lines
  `;
  return Number(row?.lines ?? 0);
}

/** A report that was taken before, by its bytes. */
export async function findReport(db: Db, provider: string, sha256: string): Promise<{ readonly id: string; readonly lines: number } | undefined> {
  const [row] = await db<{ id: string; lines: string }[]>`
    select id, lines from settlement_report where provider = ${provider} and sha256 = ${sha256}
  `;
  return row && { id: row.id, lines: Number(row.lines) };
}

/** Reports that nobody has reconciled yet, oldest first. */
export async function listUnreconciled(sql: Sql): Promise<readonly string[]> {
  const rows = await sql<{ id: string }[]>`
    select id from settlement_report where reconciled_at is null and sha256 is not null order by id
  `;
  return rows.map(({ id }) => id);
}
