import { Transform } from 'node:stream';
import { isDay, readHeader, readLine, type Separator, UnreadableLine } from './settlement-line.ts';

const LONGEST_LINE = 4_096;
const BOM = '\xef\xbb\xbf';
/** The usual line: commas, no quotes, an id in visible ASCII, an amount that needs no bound. */
const USUAL = /^[!#-+\--~]{1,200},(?:0|-?[1-9]\d{0,11}),[A-Z]{3},\d{4}-\d{2}-\d{2}$/;
const DAY_LENGTH = 10;
const MOST_DAYS = 4_000;

/** A report is not what it has to be. The message says where and not what stands there; without a line it was too long. */
export class RefusedReport extends Error {
  override readonly name = 'RefusedReport';
  readonly line: number | undefined;

  constructor(message: string, line?: number) {
    super(message);
    this.line = line;
  }
}

/**
 * Reads a report as it comes, in UTF-8 with or without a byte order mark, and passes its lines on as CSV without a
 * header that every version of PostgreSQL reads alike. Lines end as on Unix, on Windows or on an old Mac.
 * It breaks off with {RefusedReport}, which names the line and the column.
 */
export function readReport(): Transform {
  const lines = openLines(openReader());
  return new Transform({
    transform: (chunk: Buffer, _, done) => pass(() => lines.read(chunk.toString('latin1')), done),
    flush: (done) => pass(() => lines.end(), done),
  });
}

function pass(read: () => string, done: (error: Error | null, bytes?: Buffer) => void): void {
  let text: string;
  try {
    text = read();
  } catch (error) {
    done(error as Error);
    return;
  }
  done(null, Buffer.from(text, 'latin1'));
}

/** Cuts chunks, which may end anywhere, into lines, and joins what is read of them. */
function openLines({ readOne, end }: Reader) {
  let rest = '';
  let lineEnd: string | undefined;
  const cut = (text: string, isLast: boolean): string => {
    lineEnd ??= findLineEnd(text, isLast);
    if (lineEnd === undefined) {
      rest = text;
      return '';
    }
    const lines = text.split(lineEnd);
    rest = lines.pop() ?? '';
    return lines.map(readOne).join('');
  };
  return {
    read(chunk: string): string {
      const text = cut(rest + chunk, false);
      if (rest.length > LONGEST_LINE) readOne(rest); // refuses the line
      return text;
    },
    end(): string {
      const text = cut(rest, true);
      const last = rest === '' ? '' : readOne(rest);
      end();
      return text + last;
    },
  };
}

/** Finds how lines end: as the first one does. A carriage return needs the next character. */
function findLineEnd(text: string, isLast: boolean): string | undefined {
  const at = text.search(/[\r\n]/);
  if (at < 0) return undefined;
  if (text[at] === '\n' || text[at + 1] === '\n') return '\n';
  return at + 1 < text.length || isLast ? '\r' : undefined;
}

interface Reader {
  readonly readOne: (line: string) => string;
  /** Refuses a report without a header. */
  readonly end: () => void;
}

/** Reads one line after the other. Empty lines may stand at the end alone. */
function openReader(): Reader {
  let [number, emptySince] = [0, 0];
  let separator: Separator | undefined;
  const isKnownDay = rememberDays();

  function read(line: string): string {
    if (line.length > LONGEST_LINE) throw new UnreadableLine(`has more than ${LONGEST_LINE} bytes`);
    if (separator === undefined) {
      separator = readHeader(line.startsWith(BOM) ? line.slice(BOM.length) : line);
      return '';
    }
    const isUsual = separator === ',' && USUAL.test(line) && isKnownDay(line.slice(-DAY_LENGTH));
    return isUsual ? `${line}\n` : `${readLine(line, separator)}\n`;
  }

  return {
    readOne(raw) {
      number += 1;
      const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
      if (line === '' && separator !== undefined) {
        if (emptySince === 0) emptySince = number;
        return '';
      }
      if (emptySince > 0) throw refusedLine(emptySince, 'is empty');
      try {
        return read(line);
      } catch (error) {
        throw error instanceof UnreadableLine ? refusedLine(number, error.message) : error;
      }
    },
    end() {
      if (separator === undefined) throw refusedLine(1, 'must be the header');
    },
  };
}

const refusedLine = (line: number, flaw: string) => new RefusedReport(`line ${line}${flaw.startsWith(',') ? '' : ' '}${flaw}`, line);

/** A report has few days: each is looked at once. */
function rememberDays(): (day: string) => boolean {
  const known = new Set<string>();
  return (day) => {
    if (known.has(day)) return true;
    if (!isDay(day)) return false;
    if (known.size < MOST_DAYS) known.add(day);
    return true;
  };
}
