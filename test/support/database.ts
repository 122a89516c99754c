import { randomBytes } from 'node:crypto';
import { inject, onTestFinished } from 'vitest';
import { openPostgres } from '../../src/platform/postgres.ts';
import type { Sql } from '../../src/platform/postgres.ts';

export interface TestDatabase extends AsyncDisposable {
  readonly url: string;
  readonly sql: Sql;
}

/**
 * The calling test's own migrated database: dropped when the test passes, kept and named when it fails.
 * `node dev/up.ts test` starts the server again to look at one that was kept.
 */
export async function createDatabase(): Promise<TestDatabase> {
  const serverUrl = process.env['DATABASE_URL'] ?? '';
  const name = `${inject('databasePrefix')}_${randomBytes(4).toString('hex')}`;
  await onServer(serverUrl, (server) => server`create database ${server(name)} template ${server(inject('template'))}`);

  const url = Object.assign(new URL(serverUrl), { pathname: `/${name}` }).href;
  const sql = openPostgres({ url, name: 'test' });
  const close = () => sql.end({ timeout: 1 });

  onTestFinished(async ({ task }) => {
    await close();
    if (task.result?.state === 'fail') console.error(`kept for "${task.name}": database ${name}`);
    else await onServer(serverUrl, (server) => server`drop database ${server(name)} with (force)`);
  });
  return { url, sql, [Symbol.asyncDispose]: close };
}

async function onServer(url: string, run: (server: Sql) => PromiseLike<unknown>): Promise<void> {
  const server = openPostgres({ url, name: 'test-databases', connections: 1 });
  await run(server);
  await server.end();
}
