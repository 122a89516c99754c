import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ROLES } from '../../src/api/http/roles.ts';
import { bounds } from '../../src/domain/bounds.ts';

const page = readFileSync(new URL('../../docs/security.md', import.meta.url), 'utf8');

test('the page on security has every bound with its default, and every role', () => {
  const rows = Object.entries(bounds).map(([name, { allowed, window }]) => `| \`${name}\` | ${allowed} ${window === 'hour' ? 'an hour' : 'a day'} |`);
  expect(rows.filter((row) => !page.includes(row))).toEqual([]);
  expect([...page.matchAll(/^\| `(\w+)` \| \d+ an? /gm)].map(([, name]) => name)).toEqual(Object.keys(bounds));
  expect(ROLES.filter((role) => !page.includes(`| \`${role}\` |`))).toEqual([]);
});
