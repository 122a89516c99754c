import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { assertSchema, migrate, SchemaMismatch } from '../../src/platform/migrate.ts';
import { openPostgres } from '../../src/platform/postgres.ts';
import { createDatabase } from '../support/database.ts';

const FOLDER = new URL('../../migrations/', import.meta.url);
const MIGRATIONS = readdirSync(FOLDER).filter((name) => name.endsWith('.sql')).sort();
const LAST = MIGRATIONS.at(-1) ?? '';

async function emptyDatabase() {
  const database = await createDatabase();
  await database.sql`drop schema public cascade`;
  await database.sql`create schema public`;
  return database;
}

test('of twenty runners at once each migration is applied by one, once', async () => {
  const { sql, url } = await emptyDatabase();
  const pools = Array.from({ length: 20 }, () => openPostgres({ url, name: 'runner', connections: 1 }));
  const applied = await Promise.all(pools.map((pool) => migrate(pool)));
  await Promise.all(pools.map((pool) => pool.end()));
  expect(applied.flat()).toEqual(MIGRATIONS);
  expect(applied.filter((names) => names.length > 0)).toEqual([MIGRATIONS]);
  expect((await sql`select name from schema_migration order by name`).map((row) => row['name'])).toEqual(MIGRATIONS);
  await assertSchema(sql);
});

test('a migrated database is left as it is', async () => {
  const { sql } = await createDatabase();
  const before = await sql`select * from schema_migration order by name`;
  expect(await migrate(sql)).toEqual([]);
  expect(await sql`select * from schema_migration order by name`).toEqual(before);
});

test('a migration that fails leaves nothing of those before it', async () => {
  const { sql } = await emptyDatabase();
  await sql`create table tenant (here_already integer)`;
  await expect(migrate(sql)).rejects.toMatchObject({ code: '42P07' });
  const tables = await sql`select to_regclass('outbox_event') as outbox, to_regclass('schema_migration') as history`;
  expect(tables).toEqual([{ outbox: null, history: null }]);
});

test.for<[string, string, string]>([
  [
    'an applied migration that was edited',
    `update schema_migration set checksum = 'other' where name = '${LAST}'`,
    `migration ${LAST} was edited after it was applied`,
  ],
  [
    'a database ahead',
    `insert into schema_migration values ('9999_later.sql', 'x')`,
    'the database has migration 9999_later.sql, which this release does not know',
  ],
])('%s is refused by the release and by every process, with its name', async ([, statement, message]) => {
  const { sql } = await createDatabase();
  await sql.unsafe(statement);
  await expect(migrate(sql)).rejects.toThrow(new SchemaMismatch(message));
  await expect(assertSchema(sql)).rejects.toThrow(new SchemaMismatch(message));
});

test.for<[string, string, string]>([
  ['behind', `delete from schema_migration where name = '${LAST}'`, LAST],
  ['that nobody has migrated', 'drop table schema_migration', MIGRATIONS[0] ?? ''],
])('a database %s is refused by every process, with what it lacks and what to do', async ([, statement, name]) => {
  const { sql } = await createDatabase();
  await sql.unsafe(statement);
  const mismatch = new SchemaMismatch(`the database lacks migration ${name}; run the release process`);
  await expect(assertSchema(sql)).rejects.toThrow(mismatch);
});
