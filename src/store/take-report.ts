import { createHash } from 'node:crypto';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Sql, Tx } from '../platform/postgres.ts';
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

/** A report is not what it has to be. The message says where and not what stands there; without a line it was too long. */
export class RefusedReport extends Error {
  override readonly name = 'RefusedReport';
  readonly line: number | undefined;

  constructor(message: string, line?: number) {
    super(message);
    this.line = line;
  }
}

/** A report that begins to come. */
export function incoming(period: SettlementPeriod, bytes: Readable): Incoming {
  return { ...period, bytes, sha256: createHash('sha256') };
}

/** Takes a report, CSV with a header, as it comes; what it throws ends the transaction, and `findTaken` says what it was. */
export async function takeReport(tx: Tx, { bytes, sha256, ...period }: Incoming): Promise<TakenReport> {
  const { id, lines } = await openReport(tx, period);
  await pipeline(bytes, measured(sha256), refuseEndMark(), lines);
  return { id, lines: await closeReport(tx, id, sha256.copy().digest('hex')) };
}

/**
 * The report that was taken before, where that is why this one was not.
 * @throws {RefusedReport} when it is not what it has to be; whatever else went wrong.
 */
export async function findTaken(sql: Sql, { sha256, ...period }: Incoming, error: unknown): Promise<TakenReport> {
  const { code, constraint_name: constraint } = Object(error) as { code?: string; constraint_name?: string };
  const isKnown = code === UNIQUE_VIOLATION && constraint === 'settlement_report_once';
  const known = isKnown ? await findReport(sql, period, sha256.digest('hex')) : undefined;
  if (known === undefined) throw asRefused(error);
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

const END_MARK = Buffer.from('\\.');
const LF = 0x0a;
const CR = 0x0d;

/** Passes bytes on, and refuses the line `\.`: before version 18 PostgreSQL takes it for the end and drops the rest. */
export function refuseEndMark(): Transform {
  const mark = openMarkFinder();
  const refuse = (line: number | undefined) => (line === undefined ? null : refusedLine(line));
  return new Transform({
    transform: (chunk: Buffer, _, done) => done(refuse(mark.read(chunk)), chunk),
    flush: (done) => done(refuse(mark.end())),
  });
}

/** Finds the line that is the mark, in chunks that may end anywhere; returns its number. */
function openMarkFinder() {
  let line = 1;
  let matched = 0; // bytes of the line that equal the mark; -1 once they differ
  let previous = 0;
  const end = () => (matched === END_MARK.length ? line : undefined);
  return {
    read(chunk: Buffer): number | undefined {
      for (const byte of chunk) {
        if (byte !== LF && byte !== CR) matched = byte === END_MARK[matched] ? matched + 1 : -1;
        else if (matched === END_MARK.length) return line;
        else {
          if (byte === CR || previous !== CR) line += 1;
          matched = 0;
        }
        previous = byte;
      }
      return undefined;
    },
    end,
  };
}

const refusedLine = (line: number, column?: string): RefusedReport =>
  new RefusedReport(`line ${line}${column === undefined ? '' : `, ${column}`} is not what it has to be`, line);

/** PostgreSQL refuses a line by itself, and says which: where it stands is told, what it says is not. */
function asRefused(error: unknown): unknown {
  const { code = '', where = '' } = Object(error) as { code?: string; where?: string };
  const found = /^COPY settlement_line, line (\d+)(?:, column (\w+))?/.exec(where);
  if (found === null || !/^2[23]/.test(code)) return error;
  const [, line = '', column] = found;
  return refusedLine(Number(line), column);
}
