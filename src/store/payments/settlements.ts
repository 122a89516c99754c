import type { Writable } from 'node:stream';
import { v7 as uuidv7 } from 'uuid';
import { copyInto } from '../../platform/copy-into.ts';
import type { Db, Sql, Tx } from '../../platform/postgres.ts';
import { SETTLEMENT_COLUMNS } from './settlement-line.ts';

/** What a report is about: a provider, and calendar days of UTC, both included. */
export interface SettlementPeriod {
  readonly provider: string;
  readonly periodStart: string;
  readonly periodEnd: string;
}

/** Begins a report: what is written to `lines` is CSV without a header, and becomes its lines as it comes. */
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
    copy settlement_line (${tx.unsafe(SETTLEMENT_COLUMNS.join(', '))}) from stdin with (format csv)
  `);
  return { id, lines };
}

/**
 * Ends a report whose lines are in, and returns their number. From now on it speaks for its days in the place of earlier
 * reports. The same bytes for the same period a second time violate `settlement_report_once`.
 */
export async function closeReport(tx: Tx, id: string, sha256: string): Promise<number> {
  const [row] = await tx<{ lines: string; provider: string }[]>`
    update settlement_report
    set sha256 = ${sha256}, lines = (select count(*) from settlement_line where report_id = ${id})
    where id = ${id}
    returning lines, provider
  `;
  // One report of a provider ends at a time, so that each sees those that ended before.
  await tx`select pg_advisory_xact_lock(hashtextextended(${JSON.stringify(['settlement', row?.provider])}, 0))`;
  await tx`
    update settlement_report earlier
    set superseded = earlier.superseded + datemultirange(daterange(report.period_start, report.period_end, '[]'))
    from settlement_report report
    where report.id = ${id} and earlier.id <> report.id and earlier.provider = report.provider and earlier.sha256 is not null
      and daterange(earlier.period_start, earlier.period_end, '[]') && daterange(report.period_start, report.period_end, '[]')
  `;
  return Number(row?.lines ?? 0);
}

/** Finds a report that was taken before, by its period and bytes. */
export async function findReport(
  db: Db, { provider, periodStart, periodEnd }: SettlementPeriod, sha256: string,
): Promise<{ readonly id: string; readonly lines: number } | undefined> {
  const [row] = await db<{ id: string; lines: string }[]>`
    select id, lines from settlement_report
    where provider = ${provider} and period_start = ${periodStart} and period_end = ${periodEnd} and sha256 = ${sha256}
  `;
  return row && { id: row.id, lines: Number(row.lines) };
}

/** A report as operators read it. */
export interface KeptReport extends SettlementPeriod {
  readonly id: string;
  readonly lines: number;
  readonly loadedAt: Date;
  readonly reconciledAt: Date | null;
}

/** Finds a report whose lines are in. */
export async function findReportById(db: Db, id: string): Promise<KeptReport | undefined> {
  const [row] = await db<(Omit<KeptReport, 'lines'> & { lines: string })[]>`
    select id, provider, period_start::text as "periodStart", period_end::text as "periodEnd", lines,
           loaded_at as "loadedAt", reconciled_at as "reconciledAt"
    from settlement_report
    where id = ${id} and sha256 is not null
  `;
  return row && { ...row, lines: Number(row.lines) };
}

/** Reports that nobody has reconciled yet, oldest first. */
export async function listUnreconciled(sql: Sql): Promise<readonly string[]> {
  const rows = await sql<{ id: string }[]>`
    select id from settlement_report where reconciled_at is null and sha256 is not null order by loaded_at, id
  `;
  return rows.map(({ id }) => id);
}
