import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import type { TestProject } from 'vitest/node';
import { claimFolder } from '../../dev/claim-folder.ts';
import { findProgram } from '../../dev/find-program.ts';
import { giveUp } from '../../dev/missing-part.ts';
import { startServices } from '../../dev/services.ts';
import type { DocumentsMode } from '../../dev/services/documents.ts';
import { memoryHome } from '../../dev/services/postgres-home.ts';
import { migrate } from '../../src/platform/migrate.ts';
import { openPostgres } from '../../src/platform/postgres.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The migrated database that each test's own is cloned from. */
    readonly template: string;
    /** What the names of this run's test databases begin with. */
    readonly databasePrefix: string;
  }
}

/** Starts the services once per run, hands their URLs to the tests as DATABASE_URL, REDIS_URL and MONGODB_URL. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const isPrivate = !process.env['DATABASE_URL'];
  const dataDir = await claimFolder('test');
  const services = await startServices({ dataDir, documents: documentsMode(), inMemory: true }).catch(giveUp);
  process.env['DATABASE_URL'] = services.databaseUrl;
  process.env['REDIS_URL'] = services.redisUrl;
  if (services.mongodbUrl) process.env['MONGODB_URL'] = services.mongodbUrl;

  const run = randomBytes(3).toString('hex');
  const template = `columna_template_${run}`;
  const server = openPostgres({ url: services.databaseUrl, name: 'test-setup', connections: 1 });
  // The databases that failed tests of earlier runs left: only where nobody else has databases.
  const old = isPrivate ? await server`select datname from pg_database where datname like 'columna\\_t%'` : [];
  for (const { datname } of old) await server`drop database ${server(datname)} with (force)`;
  await server`create database ${server(template)}`;

  const templateUrl = Object.assign(new URL(services.databaseUrl), { pathname: `/${template}` }).href;
  const sql = openPostgres({ url: templateUrl, name: 'test-setup', connections: 1 });
  await migrate(sql);
  await sql.end();
  project.provide('template', template);
  project.provide('databasePrefix', `columna_test_${run}`);

  return async () => {
    await server`drop database ${server(template)} with (force)`;
    const kept = await server`select from pg_database where datname like 'columna\\_t%'`;
    await server.end();
    await services.stop();
    const home = memoryHome(dataDir);
    if (isPrivate && kept.length === 0 && home !== undefined) rmSync(home, { recursive: true });
  };
}

function documentsMode(): DocumentsMode {
  if (process.env['DOCUMENTS'] === 'none') return 'none';
  return findProgram('go') ? 'required' : 'optional';
}
