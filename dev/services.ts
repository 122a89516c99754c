import { mkdirSync } from 'node:fs';
import { openPostgres } from '../src/platform/postgres.ts';
import { startDocuments } from './services/documents.ts';
import type { DocumentsMode } from './services/documents.ts';
import { startPostgres } from './services/postgres.ts';
import { startRedis } from './services/redis.ts';
import { foreignServer } from './services/server.ts';
import type { Server } from './services/server.ts';

/** The servers of one run: on free ports of 127.0.0.1, ended with the run however it ends. */
export interface Services extends AsyncDisposable {
  /** An empty database, unless DATABASE_URL gave one. */
  readonly databaseUrl: string;
  readonly redisUrl: string;
  /** Absent where there is no document store: the PostgreSQL one is used. */
  readonly mongodbUrl?: string;
  readonly postgres: Server;
  readonly redis: Server;
  stop(): Promise<void>;
}

/**
 * Starts what DATABASE_URL, REDIS_URL and MONGODB_URL do not already give; the folder must be this run's alone
 * (see claimFolder). Fails with a sentence that says what to install or set.
 */
export async function startServices({
  dataDir,
  documents: mode,
  inMemory = false,
}: {
  readonly dataDir: string;
  readonly documents: DocumentsMode;
  /** Whether PostgreSQL's own files may live in memory. */
  readonly inMemory?: boolean;
}): Promise<Services> {
  const { DATABASE_URL, REDIS_URL, MONGODB_URL } = process.env;
  mkdirSync(dataDir, { recursive: true });

  const started: { stop(): Promise<void> }[] = [];
  const keep = <T extends { stop(): Promise<void> } | undefined>(server: T): T => {
    if (server) started.push(server);
    return server;
  };
  const stop = async () => void (await Promise.all(started.map((server) => server.stop())));

  try {
    const [database, redis] = await settleAll([
      DATABASE_URL ? foreignServer(DATABASE_URL) : startPostgres({ folder: dataDir, inMemory }).then(keep),
      REDIS_URL ? foreignServer(REDIS_URL) : startRedis({ folder: dataDir }).then(keep),
    ]);
    // Last: it may take a build, which is no time to wait for the news that another part is missing.
    const documents = MONGODB_URL ? { url: MONGODB_URL } : keep(await startDocuments(dataDir, mode));
    return {
      databaseUrl: DATABASE_URL || (await emptyDatabase(database.url)),
      redisUrl: redis.url,
      ...(documents && { mongodbUrl: documents.url }),
      postgres: database,
      redis,
      stop,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Like Promise.all, but fails only when all have settled: whatever started is then known and can be stopped. */
async function settleAll<T extends readonly unknown[]>(promises: T) {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}

/** Runs share a cluster, so that the second starts in seconds, but never a database. */
async function emptyDatabase(serverUrl: string): Promise<string> {
  const server = openPostgres({ url: serverUrl, name: 'services', connections: 1 });
  await server`drop database if exists columna with (force)`;
  await server`create database columna`;
  await server.end();
  return Object.assign(new URL(serverUrl), { pathname: '/columna' }).href;
}
