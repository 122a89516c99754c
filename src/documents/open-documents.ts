import { openMongo } from '../platform/mongo.ts';
import type { Sql } from '../platform/postgres.ts';
import type { DocumentStore } from './document-store.ts';
import { documentsInMongo } from './mongo-store.ts';
import { documentsInPostgres } from './postgres-store.ts';

export interface OpenDocuments {
  readonly documents: DocumentStore;
  close(): Promise<void>;
}

/** The document store: MongoDB where a URL names one, else tables of our PostgreSQL. */
export function openDocuments(sql: Sql, mongodbUrl: string | undefined): OpenDocuments {
  if (mongodbUrl === undefined) return { documents: documentsInPostgres(sql), close: async () => undefined };
  const mongo = openMongo(mongodbUrl);
  return { documents: documentsInMongo(mongo.db), close: () => mongo.close() };
}
