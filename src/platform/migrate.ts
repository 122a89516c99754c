import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { assertLimits, type Db, type Sql } from './postgres.ts';
import { transaction } from './transaction.ts';

const FOLDER = new URL('../../migrations/', import.meta.url);
const LOCK = 4_817_305_229; // any number, the same in every release: one runner at a time
const TIMEOUT_MS = 600_000;

interface Migration {
  readonly name: string;
  readonly checksum: string;
  readonly text: string;
}

/** The database and this release do not have the same migrations. */
export class SchemaMismatch extends Error {
  override readonly name = 'SchemaMismatch';
}

/**
 * Applies the migrations that are missing, all or none; the names of those applied come back.
 * @throws {SchemaMismatch} when an applied one was edited, or the database is ahead of this release.
 */
export async function migrate(sql: Sql): Promise<readonly string[]> {
  await assertLimits(sql);
  return transaction(
    sql,
    async (tx) => {
      await tx`select set_config('statement_timeout', '0', true), set_config('lock_timeout', '60s', true)`;
      await tx`select pg_advisory_xact_lock(${LOCK})`;
      await tx`
        create table if not exists schema_migration (
          name       text        not null,
          checksum   text        not null,
          applied_at timestamptz not null default now(),
          constraint schema_migration_pkey primary key (name)
        )
      `;
      const migrations = await readMigrations();
      const applied = await readApplied(tx);
      assertHistory(migrations, applied);
      const missing = migrations.filter(({ name }) => !applied.has(name));
      for (const { name, checksum, text } of missing) {
        await tx.unsafe(text);
        await tx`insert into schema_migration (name, checksum) values (${name}, ${checksum})`;
      }
      return missing.map(({ name }) => name);
    },
    { timeoutMs: TIMEOUT_MS },
  );
}

/**
 * Refuses to go on unless the database applies our limits and has exactly this release's migrations.
 * @throws {SchemaMismatch} that says which side is behind; {ConfigError} where a pooler drops our limits.
 */
export async function assertSchema(sql: Sql): Promise<void> {
  await assertLimits(sql);
  const migrations = await readMigrations();
  const applied = await readApplied(sql).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === '42P01') return new Map<string, string>();
    throw error;
  });
  assertHistory(migrations, applied);
  const missing = migrations.find(({ name }) => !applied.has(name));
  if (missing !== undefined) throw new SchemaMismatch(`the database lacks migration ${missing.name}; run the release process`);
}

function assertHistory(migrations: readonly Migration[], applied: ReadonlyMap<string, string>): void {
  const known = new Map(migrations.map(({ name, checksum }) => [name, checksum]));
  for (const [name, checksum] of applied) {
    if (!known.has(name)) throw new SchemaMismatch(`the database has migration ${name}, which this release does not know`);
    if (known.get(name) !== checksum) throw new SchemaMismatch(`migration ${name} was edited after it was applied`);
  }
}

async function readApplied(db: Db): Promise<Map<string, string>> {
  const rows = await db<{ name: string; checksum: string }[]>`select name, checksum from schema_migration order by name`;
  return new Map(rows.map(({ name, checksum }) => [name, checksum]));
}

async function readMigrations(): Promise<Migration[]> {
  const names = (await readdir(FOLDER)).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(new URL(name, FOLDER), 'utf8');
      return { name, text, checksum: createHash('sha256').update(text).digest('hex') };
    }),
  );
}
