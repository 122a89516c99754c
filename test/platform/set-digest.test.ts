import { expect, test } from 'vitest';
import { setDigest, setDigestOf } from '../../src/platform/set-digest.ts';
import { createDatabase } from '../support/database.ts';

test('a set has one digest in PostgreSQL and here, whatever its order', async () => {
  const { sql } = await createDatabase();
  for (const names of [[], ['a'], ['b', 'a'], ['a b', 'a-b', 'aB', 'A', '10', '9', 'ab']]) {
    const [row] = await sql`select ${setDigestOf(sql, sql`name`)} as digest from unnest(${names}::text[]) as name`;
    expect(row).toEqual({ digest: setDigest(names) });
    expect(setDigest(names.toReversed())).toBe(setDigest(names));
  }
  expect(setDigest(['a', 'b'])).not.toBe(setDigest(['a', 'c']));
});
