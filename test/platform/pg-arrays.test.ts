import { expect, test } from 'vitest';
import { arrayLiteral, parseArray } from '../../src/platform/pg-arrays.ts';
import { createDatabase } from '../support/database.ts';

const TEXTS = [
  'plain', '', ' ', ' spaced ', 'NULL', 'null', null, 'comma, and ; more', '{braces}', '}{', '[0:1]={a}',
  '"', 'say "hi"', "it's", '\\', '\\\\', '\\"', 'ends in \\', '\\n', 'line\nbreak', '\\\nboth', '\r\n\t', '\u2028',
  'ñandú', '日本語', '👩‍👩‍👧', '%s $1 ${x}',
];

test('texts of every kind come back from PostgreSQL as they went', async () => {
  const { sql } = await createDatabase();
  expect(await sql`select ${TEXTS}::text[] as texts`).toEqual([{ texts: TEXTS }]);
  for (const text of TEXTS) expect(await sql`select ${[text]}::text[] as one`).toEqual([{ one: [text] }]);
  expect(await sql`select ${[] as string[]}::text[] as none`).toEqual([{ none: [] }]);
});

test('PostgreSQL sees the elements that were meant, and how many', async () => {
  const { sql } = await createDatabase();
  const rows = await sql<{ text: string | null }[]>`
    select text from unnest(${TEXTS}::text[]) with ordinality as element (text, at) order by at
  `;
  expect(rows.map(({ text }) => text)).toEqual(TEXTS);
});

test.for<[string, readonly (string | number | bigint | boolean | Date | null)[], readonly (string | null)[]]>([
  ['integer', [1, -7, null, 2_147_483_647], ['1', '-7', null, '2147483647']],
  ['bigint', [9_007_199_254_740_993n, null], ['9007199254740993', null]],
  ['boolean', [true, false, null], ['t', 'f', null]],
  ['uuid', ['01890000-0000-7000-8000-000000000000', null], ['01890000-0000-7000-8000-000000000000', null]],
  ['date', [new Date('2026-02-28T23:59:59.999Z'), null, '2024-02-29'], ['2026-02-28', null, '2024-02-29']],
  ['timestamptz', [new Date('2026-10-25T00:30:00.123Z'), null], ['2026-10-25 00:30:00.123+00', null]],
])('an array of %s holds its values in PostgreSQL, and comes back as text', async ([type, values, texts]) => {
  const { sql } = await createDatabase();
  const [row] = await sql.unsafe<{ array: unknown }[]>(`select $1::text::${type}[] as array`, [arrayLiteral(values)]);
  expect(row?.array).toEqual(texts);
});

test('what is written is read again, PostgreSQL or not', () => {
  expect(parseArray(arrayLiteral(TEXTS))).toEqual(TEXTS);
  expect(arrayLiteral(['b"c', 'NULL', null, 1])).toBe('{"b\\"c","NULL",NULL,1}');
});
