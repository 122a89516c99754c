import { createHash } from 'node:crypto';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Sql, Tx } from '../../platform/postgres.ts';
import { readReport, RefusedReport } from './read-report.ts';
import { closeReport, findReport, openReport, type SettlementPeriod } from './settlements.ts';

export const MAX_REPORT_BYTES = 512 * 1_024 * 1_024;
const UNIQUE_VIOLATION = '23505';

/** A report as it comes; `sha256` is of what has come of it, and begins empty. */
export interface Incoming extends SettlementPeriod {
  readonly bytes: Readable;
  readonly sha256: ReturnType<typeof createHash>;
}

export interface TakenReport {
  readonly id: string;
  readonly lines: number;
}

/** A report that begins to come. */
export function incoming(period: SettlementPeriod, bytes: Readable): Incoming {
  return { ...period, bytes, sha256: createHash('sha256') };
}

/** Takes a report, CSV with a header, as it comes; what it throws ends the transaction, and `findTaken` says what it was. */
export async function takeReport(tx: Tx, { bytes, sha256, ...period }: Incoming): Promise<TakenReport> {
  const { id, lines } = await openReport(tx, period);
  await pipeline(bytes, measured(sha256), readReport(), lines);
  return { id, lines: await closeReport(tx, id, sha256.copy().digest('hex')) };
}

/**
 * The report that was taken before, where that is why this one was not.
 * @throws whatever else went wrong, {RefusedReport} among it.
 */
export async function findTaken(sql: Sql, { sha256, ...period }: Incoming, error: unknown): Promise<TakenReport> {
  const { code, constraint_name: constraint } = Object(error) as { code?: string; constraint_name?: string };
  const isKnown = code === UNIQUE_VIOLATION && constraint === 'settlement_report_once';
  const known = isKnown ? await findReport(sql, period, sha256.digest('hex')) : undefined;
  if (known === undefined) throw error;
  return known;
}

/** Passes bytes on, counts them, and hashes them. */
function measured(sha256: Incoming['sha256']): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _, done) {
      bytes += chunk.length;
      sha256.update(chunk);
      done(bytes > MAX_REPORT_BYTES ? new RefusedReport(`a report has at most ${MAX_REPORT_BYTES} bytes`) : null, chunk);
    },
  });
}
