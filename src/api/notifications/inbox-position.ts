import { Problem } from '../http/problem.ts';

/**
 * Milliseconds for which a notification may still appear under an id older than one already sent: ids are made before
 * their transaction commits (at most 35 s), by machines whose clocks differ.
 */
export const LOOK_BACK_MS = 5 * 60_000;

/** Before the first notification of anybody. */
export const NIL_ID = '00000000-0000-0000-0000-000000000000';

/** Ids that a stream keeps in mind; beyond, it gives up those that would still appear before the oldest of them. */
export const MOST_KNOWN = 256;
/** Ids that a position in writing carries: it has to fit a header. */
const MOST_WRITTEN = 128;

/**
 * How far a reader of an inbox has come: everything up to `floor` and each of `known` was sent. A single id could not
 * say it, for what commits late has a smaller id than what was sent before.
 */
export interface Position {
  /** UUIDv7 */
  readonly floor: string;
  /** The ids above the floor that were sent, oldest first. */
  readonly known: readonly string[];
  /** Milliseconds since 1970: the time of the last read mark that was sent. */
  readonly readAtMs: number;
}

/** The same position after these were sent as well. */
export function advance(position: Position, ids: readonly string[]): Position {
  const all = [...position.known, ...ids].sort();
  const newest = all.at(-1);
  if (newest === undefined) return position;
  const early = idAt(timeOf(newest) - LOOK_BACK_MS);
  return forget({ ...position, floor: early > position.floor ? early : position.floor, known: all }, MOST_KNOWN);
}

/** Where a reader stands who has seen the whole inbox; `ids` are its newest, up to `MOST_KNOWN`. */
export const positionAfter = (ids: readonly string[], readAtMs: number): Position => {
  const floor = ids.length < MOST_KNOWN ? NIL_ID : (ids.toSorted()[0] ?? NIL_ID);
  return advance({ floor, known: [], readAtMs }, ids);
};

/** Raises the floor above all but the newest `most`. */
function forget({ floor, known, readAtMs }: Position, most: number): Position {
  const kept = known.filter((id) => id > floor).slice(-most);
  const dropped = known[known.length - kept.length - 1];
  return { floor: dropped !== undefined && dropped > floor ? dropped : floor, known: kept, readAtMs };
}

/** The time in a UUIDv7, in milliseconds since 1970. */
export const timeOf = (id: string) => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);

/** An id before every UUIDv7 of that time. */
export function idAt(timeMs: number): string {
  const time = Math.max(0, Math.floor(timeMs)).toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}${NIL_ID.slice(13)}`;
}

/** `<newest id>.<floor and known ids>.<time of the last read mark>`; the newest id alone is a position too. */
export function writePosition(position: Position): string {
  const { floor, known, readAtMs } = forget(position, MOST_WRITTEN);
  const bytes = Buffer.from([floor, ...known].join('').replaceAll('-', ''), 'hex');
  return `${known.at(-1) ?? floor}.${bytes.toString('base64url')}.${readAtMs.toString(36)}`;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const WRITTEN = /^[0-9a-f-]{36}\.([\w-]+)\.([0-9a-z]{1,9})$/;
const ID_BYTES = 16;

/**
 * Reads a position that a stream gave out, or a notification's id: then what came shortly before it is sent again.
 * @throws {Problem} 400 for anything else.
 */
export function readPosition(text: string): Position {
  if (UUID.test(text)) {
    return { floor: idAt(timeOf(text) - LOOK_BACK_MS), known: [text], readAtMs: timeOf(text) };
  }
  const [, packed = '', readAt = ''] = WRITTEN.exec(text) ?? [];
  const hex = Buffer.from(packed, 'base64url').toString('hex');
  const ids = (hex.match(/.{32}/g) ?? []).map((id) => id.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'));
  const [floor, ...known] = ids;
  if (floor === undefined || hex.length % (2 * ID_BYTES) !== 0 || known.length > MOST_WRITTEN) {
    throw new Problem(400, 'The position is not one that this stream gave out.', { code: 'invalid-cursor' });
  }
  return { floor, known: known.sort(), readAtMs: Number.parseInt(readAt, 36) };
}
