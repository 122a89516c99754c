import { MongoClient } from 'mongodb';
import type { Db } from 'mongodb';

export interface MongoConnection {
  readonly db: Db;
  close(): Promise<void>;
}

/**
 * A client of the database the URL names. It connects at the first command, so a server that is down shows there, after
 * at most `timeoutMs`. A write resolves once a majority of the replica set has it on disk.
 */
export function openMongo(url: string, { timeoutMs = 3_000 }: { readonly timeoutMs?: number } = {}): MongoConnection {
  const client = new MongoClient(url, {
    appName: 'columna',
    serverSelectionTimeoutMS: timeoutMs,
    connectTimeoutMS: timeoutMs,
    socketTimeoutMS: 2 * timeoutMs,
    waitQueueTimeoutMS: timeoutMs,
    writeConcern: { w: 'majority', journal: true, wtimeoutMS: timeoutMs },
    readConcern: { level: 'majority' },
  });
  return { db: client.db(), close: () => client.close() };
}
