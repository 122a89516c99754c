import { v7 as uuidv7 } from 'uuid';
import { describe, expect, test } from 'vitest';
import {
  advance, idAt, LOOK_BACK_MS, MOST_KNOWN, NIL_ID, positionAfter, readPosition, timeOf, writePosition,
} from '../../../src/api/notifications/inbox-position.ts';

const NOW_MS = Date.UTC(2026, 10, 24);
const made = (agoMs: number) => uuidv7({ msecs: NOW_MS - agoMs });
const start = { floor: NIL_ID, known: [], readAtMs: 0 };

describe('a position', () => {
  test('knows each id that was sent, for as long as an older one may still appear', () => {
    const [old, recent, newest] = [made(LOOK_BACK_MS + 1), made(LOOK_BACK_MS - 1), made(0)] as const;
    const position = advance(start, [old, newest, recent]);
    expect(position).toEqual({ floor: idAt(NOW_MS - LOOK_BACK_MS), known: [recent, newest], readAtMs: 0 });
  });

  test('never lowers its floor, and keeps a bounded number of ids above it', () => {
    const ids = Array.from({ length: MOST_KNOWN + 1 }, (_, index) => made(1_000 - index));
    const position = advance(start, ids.toReversed());
    expect([position.floor, position.known]).toEqual([ids[0], ids.slice(1)]);
    expect(advance(position, [made(LOOK_BACK_MS * 2)])).toEqual(position);
  });

  test('is the same after it was written and read', () => {
    const position = { ...advance(start, [made(3), made(2), made(1)]), readAtMs: NOW_MS };
    expect(readPosition(writePosition(position))).toEqual(position);
    expect(readPosition(writePosition(start))).toEqual(start);
  });

  test('in writing begins with the newest id and stays short enough for a header', () => {
    const ids = Array.from({ length: MOST_KNOWN }, (_, index) => made(1_000 - index));
    const written = writePosition(advance(start, ids));
    expect(written.slice(0, 36)).toBe(ids.at(-1));
    expect(written.length).toBeLessThan(3_000);
    expect(readPosition(written)).toMatchObject({ floor: ids.at(-129), known: ids.slice(-128) });
  });

  test('that is an id alone knows this one, and looks back before it', () => {
    const id = made(0);
    expect(readPosition(id)).toEqual({ floor: idAt(NOW_MS - LOOK_BACK_MS), known: [id], readAtMs: NOW_MS });
  });

  test('at the end of a full list has its floor at the oldest of it', () => {
    const ids = Array.from({ length: MOST_KNOWN }, (_, index) => made(index));
    expect(positionAfter(ids, 1)).toEqual({ floor: ids.at(-1), known: ids.slice(0, -1).toReversed(), readAtMs: 1 });
    expect(positionAfter([], 0)).toEqual(start);
  });

  const id = made(0);
  test.each(['x', `${id}.`, `${id}..0`, `${id}.AAAA.0`, `${id}.${'A'.repeat(22)}.`, `${id}.${'A'.repeat(22)}.0.1`, id.toUpperCase(), '\u0000', `${id}.${'A'.repeat(2_774)}.0`])(
    'is not %j',
    (text) => expect(() => readPosition(text)).toThrow('not one that this stream gave out'),
  );

  test('has the time of its ids', () => {
    expect(timeOf(made(0))).toBe(NOW_MS);
    expect(timeOf(idAt(NOW_MS))).toBe(NOW_MS);
    expect(idAt(-1)).toBe(NIL_ID);
  });
});
