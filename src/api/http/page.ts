import { z } from 'zod';
import { readCursor, writeCursor } from './cursor.ts';
import { uuid } from './fields.ts';

const position = z.tuple([uuid]);

/**
 * The id that ended the page before; undefined for the first page.
 * @throws {Problem} 400 for a cursor of another list.
 */
export const endOf = (scope: string, cursor: string | undefined) =>
  cursor === undefined ? undefined : readCursor(scope, position, cursor)[0];

/** A page of rows of which one more than `limit` was read, and the cursor to what follows it. */
export function cutPage<Row extends { readonly id: string }>(
  rows: readonly Row[],
  { scope, limit }: { readonly scope: string; readonly limit: number },
): { readonly page: readonly Row[]; readonly nextCursor: string | null } {
  const page = rows.slice(0, limit);
  const last = rows.length > limit ? page.at(-1) : undefined;
  return { page, nextCursor: last === undefined ? null : writeCursor(scope, [last.id]) };
}
