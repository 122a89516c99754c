/** PostgreSQL's own array types, by the number its catalogue gives them for good. */
const ARRAY_OIDS = { text: 1009, integer: 1007, bigint: 1016, boolean: 1000, timestamptz: 1185, date: 1182, uuid: 2951, float8: 1022 };

type Element = string | number | bigint | boolean | Date | null;

/** Writes a one-dimensional array as PostgreSQL reads it: `{"a","b\"c",NULL}`. */
export function arrayLiteral(values: readonly Element[]): string {
  return `{${values.map(elementLiteral).join(',')}}`;
}

function elementLiteral(value: Element): string {
  if (value === null) return 'NULL';
  if (value instanceof Date) return `"${value.toISOString()}"`;
  if (typeof value !== 'string') return String(value);
  return `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

/** Reads what `arrayLiteral` writes; every element comes back as text or null. */
export function parseArray(literal: string): (string | null)[] {
  if (!literal.includes('"')) return literal === '{}' ? [] : literal.slice(1, -1).split(',').map((bare) => (bare === 'NULL' ? null : bare));
  const elements: (string | null)[] = [];
  const element = /"((?:[^"\\]|\\.)*)"|([^",{}]+)/g;
  for (const [, quoted, bare] of literal.matchAll(element)) {
    if (quoted !== undefined) elements.push(quoted.replaceAll(/\\(.)/g, '$1'));
    else elements.push(bare === 'NULL' ? null : (bare ?? ''));
  }
  return elements;
}

/** Array types for postgres.js, which learns none by itself while `fetch_types` is off. */
export const pgArrays = Object.fromEntries(
  Object.entries(ARRAY_OIDS).map(([name, oid]) => [
    `${name}Array`,
    { to: oid, from: [oid], serialize: arrayLiteral, parse: parseArray },
  ]),
);
