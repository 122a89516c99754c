import { expect, test } from 'vitest';
import { examinePostgres } from '../../../src/backoffice/doctor/examine-postgres.ts';
import { createDatabase } from '../../support/database.ts';
import { complaints, findingOf } from '../../support/findings.ts';

test('a server that is well, with this release’s migrations, is fine', async () => {
  const { sql } = await createDatabase();
  expect(complaints(await examinePostgres(sql)).filter((said) => !said.startsWith('postgresql durability'))).toEqual([]);
});

test('a server that may lose what was committed is a problem', async () => {
  const { sql } = await createDatabase();
  const { setting } = (await sql<{ setting: string }[]>`select setting from pg_settings where name = 'fsync'`)[0] ?? {};
  expect(findingOf(await examinePostgres(sql), 'postgresql durability').verdict).toBe(setting === 'on' ? 'fine' : 'problem');
});

test.for<[string, string, string]>([
  ['behind', 'delete from schema_migration where name like \'0020%\'', 'lacks migration 0020'],
  ['ahead', 'insert into schema_migration values (\'9999_later.sql\', \'x\')', '9999_later.sql, which this release does not know'],
  ['edited', 'update schema_migration set checksum = \'other\' where name like \'0001%\'', 'was edited after it was applied'],
  ['not there', 'drop table schema_migration', 'lacks migration 0001'],
])('a schema that is %s is a problem, by the migration’s name', async ([, change, found]) => {
  const { sql } = await createDatabase();
  await sql.unsafe(change);
  expect(findingOf(await examinePostgres(sql), 'schema')).toMatchObject({
    verdict: 'problem', found: expect.stringContaining(found), todo: expect.stringContaining('release'),
  });
});
