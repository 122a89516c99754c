import { MAX_MINOR } from '../../domain/money.ts';
import { findUnreadableInLine, isBlank } from '../../domain/readable-text.ts';

/** The columns of a report, in the order of its lines. */
export const SETTLEMENT_COLUMNS = ['provider_payment_id', 'amount_minor', 'currency', 'settled_on'] as const;
type Column = (typeof SETTLEMENT_COLUMNS)[number];

const SEPARATORS = [',', ';', '\t'] as const;
export type Separator = (typeof SEPARATORS)[number];

const LONGEST_ID = 200;
const INTEGER = /^(?:0|-?[1-9]\d*)$/;
const CURRENCY = /^[A-Z]{3}$/;
const DAY = /^(\d{4})-(\d{2})-(\d{2})$/;

/** A place that is not what it has to be, without the words that stand there. */
export class UnreadableLine extends Error {
  override readonly name = 'UnreadableLine';
}

/** Reads the header: the columns' names, with one separator between all. @throws {UnreadableLine} */
export function readHeader(line: string): Separator {
  const expected = SETTLEMENT_COLUMNS.join(',');
  if (/^(?:PK[\x03\x05\x07]|\x1f\x8b|BZh|\xfd7zXZ|\x28\xb5\x2f\xfd)/.test(line)) throw new UnreadableLine('is compressed; send the report as text');
  if (/\0|^(?:\xff\xfe|\xfe\xff)/.test(line)) throw new UnreadableLine('is UTF-16; save the report as UTF-8');
  const separator = SEPARATORS.find((one) => line.includes(one)) ?? ',';
  const names = splitFields(line, separator);
  const wrong = SETTLEMENT_COLUMNS.findIndex((name, index) => names[index] !== name);
  if (wrong >= 0) throw new UnreadableLine(`, column ${wrong + 1} must be ${SETTLEMENT_COLUMNS[wrong]}, for the header is ${expected}`);
  if (names.length > SETTLEMENT_COLUMNS.length) throw new UnreadableLine(`has ${names.length} columns, not ${SETTLEMENT_COLUMNS.length}`);
  return separator;
}

/** Reads a line, as bytes in Latin-1, and returns it as CSV with commas. @throws {UnreadableLine} */
export function readLine(line: string, separator: Separator): string {
  const fields = splitFields(line, separator);
  const [id = '', amount = '', currency = '', day = ''] = fields;
  if (fields.length !== SETTLEMENT_COLUMNS.length) {
    throw new UnreadableLine(`has ${fields.length} columns, not ${SETTLEMENT_COLUMNS.length}`);
  }
  if (!INTEGER.test(amount)) refuse('amount_minor', 'must be a whole number of minor units, such as 49900 or -900');
  if (Math.abs(Number(amount)) > MAX_MINOR) refuse('amount_minor', `must be at most ${MAX_MINOR}`);
  if (!CURRENCY.test(currency)) refuse('currency', 'must be three capital letters, such as MXN');
  if (!isDay(day)) refuse('settled_on', 'must be a day such as 2026-06-05');
  checkId(id, Number(amount) > 0);
  const written = id === '' ? '' : `"${id.replaceAll('"', '""')}"`; // without quotes it is null
  return `${written},${amount},${currency},${day}`;
}

function refuse(column: Column, flaw: string): never {
  throw new UnreadableLine(`, ${column} ${flaw}`);
}

function checkId(latin1: string, isPayment: boolean): void {
  if (latin1 === '' && isPayment) refuse('provider_payment_id', 'must not be empty for a payment');
  const id = toUtf8(latin1);
  if (id === undefined) refuse('provider_payment_id', 'must be UTF-8');
  if (id.length > LONGEST_ID) refuse('provider_payment_id', `must have at most ${LONGEST_ID} characters`);
  const flaw = findUnreadableInLine(id) ?? (id !== '' && isBlank(id) ? 'must not be blank' : undefined);
  if (flaw !== undefined) refuse('provider_payment_id', flaw);
  if (id !== id.trim()) refuse('provider_payment_id', 'must not begin or end with a space');
}

function toUtf8(latin1: string): string | undefined {
  if (/^[\0-\x7f]*$/.test(latin1)) return latin1;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(latin1, 'latin1'));
  } catch {
    return undefined;
  }
}

/** Returns true for a day of the calendar, in the years of our other instants. */
export function isDay(text: string): boolean {
  const [, year = '', month = '', date = ''] = DAY.exec(text) ?? [];
  if (Number(year) < 1970 || Number(year) >= 2200) return false;
  const day = new Date(Date.UTC(Number(year), Number(month) - 1, Number(date)));
  return day.getUTCMonth() === Number(month) - 1 && day.getUTCDate() === Number(date);
}

/** Splits a line at its separators; a field in quotes has `""` for a quote. @throws {UnreadableLine} */
function splitFields(line: string, separator: Separator): readonly string[] {
  if (!line.includes('"')) return line.split(separator);
  const fields: string[] = [];
  for (let at = 0; ;) {
    const [field, end] = line[at] === '"' ? readQuoted(line, at, fields.length) : readPlain(line, at, { separator, nth: fields.length });
    fields.push(field);
    if (end >= line.length) return fields;
    if (line[end] !== separator) throw new UnreadableLine(`, column ${fields.length} has text after its quotes`);
    at = end + 1;
  }
}

function readPlain(line: string, from: number, { separator, nth }: { readonly separator: Separator; readonly nth: number }): readonly [string, number] {
  const found = line.indexOf(separator, from);
  const end = found < 0 ? line.length : found;
  const field = line.slice(from, end);
  if (field.includes('"')) throw new UnreadableLine(`, column ${nth + 1} has a quote inside; write the field in quotes`);
  return [field, end];
}

function readQuoted(line: string, from: number, nth: number): readonly [string, number] {
  let end = from + 1;
  for (;;) {
    end = line.indexOf('"', end);
    if (end < 0) throw new UnreadableLine(`, column ${nth + 1} has quotes that do not close in its line`);
    if (line[end + 1] !== '"') return [line.slice(from + 1, end).replaceAll('""', '"'), end + 1];
    end += 2;
  }
}
