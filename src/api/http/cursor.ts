import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { Problem } from './problem.ts';

/** Writes a page's end as opaque text that is good for one list (`scope`) only. */
export function writeCursor(scope: string, position: readonly string[]): string {
  const text = JSON.stringify(position);
  return Buffer.from(checksum(scope, text) + text).toString('base64url');
}

/**
 * Reads a cursor of the same list.
 * @throws {Problem} 400 when it was changed, or is another list's.
 */
export function readCursor<Position>(scope: string, position: z.ZodType<Position>, cursor: string): Position {
  const decoded = Buffer.from(cursor, 'base64url').toString('utf8');
  const text = decoded.slice(CHECKSUM_LENGTH);
  const isOurs = decoded.slice(0, CHECKSUM_LENGTH) === checksum(scope, text);
  // Whoever can compute a checksum can still not put in what the list's query would choke on.
  const read = position.safeParse(isOurs ? JSON.parse(text) : undefined);
  if (!read.success)
    throw new Problem(400, 'The cursor is not one that this list gave out.', { code: 'invalid-cursor' });
  return read.data;
}

const CHECKSUM_LENGTH = 12;

const checksum = (scope: string, text: string) =>
  createHash('sha256').update(`${scope}\n${text}`).digest('base64url').slice(0, CHECKSUM_LENGTH);
