import { randomBytes } from 'node:crypto';
import { describe, expect, onTestFinished, test } from 'vitest';
import { freePort } from '../../dev/free-port.ts';
import { openMongo } from '../../src/platform/mongo.ts';
import { isUnavailable } from '../../src/platform/unavailable.ts';
import { openPostgres } from '../../src/platform/postgres.ts';
import { documentsInMongo } from '../../src/documents/mongo-store.ts';
import { documentsInPostgres } from '../../src/documents/postgres-store.ts';
import type { DocumentStore } from '../../src/documents/document-store.ts';
import { createDatabase } from '../support/database.ts';
import { openProxy } from '../support/proxy.ts';
import { until } from '../support/until.ts';
import { describeDocumentStore } from './conformance.ts';

const { CI, MONGODB_URL } = process.env;

async function openInMongo(): Promise<DocumentStore> {
  if (MONGODB_URL === undefined) throw new Error('MONGODB_URL is not set, and in CI it must be');
  const url = Object.assign(new URL(MONGODB_URL), { pathname: `/columna_${randomBytes(4).toString('hex')}` }).href;
  const mongo = openMongo(url);
  onTestFinished(async () => {
    await mongo.db.dropDatabase();
    await mongo.close();
  });
  return documentsInMongo(mongo.db);
}

describe('the document store in PostgreSQL', () => {
  describeDocumentStore(async () => documentsInPostgres((await createDatabase()).sql));
});

describe.runIf(CI === 'true' || MONGODB_URL !== undefined)('the document store in MongoDB (needs MONGODB_URL)', () => {
  describeDocumentStore(openInMongo);
});

test.runIf(MONGODB_URL !== undefined)('MongoDB on a silent path is an outage, and the next command works', async () => {
  const proxy = await openProxy(MONGODB_URL ?? '');
  const mongo = openMongo(proxy.url, { timeoutMs: 500 });
  onTestFinished(() => mongo.close());
  const store = documentsInMongo(mongo.db);
  await store.ping();
  expect(proxy.silence()).toBeGreaterThan(0);
  const beganAt = performance.now();
  await expect(store.ping()).rejects.toSatisfy(isUnavailable);
  expect(performance.now() - beganAt).toBeLessThan(5_000); // the driver's own watch takes ten seconds
  await until('it works again', () => store.ping().then(() => true, () => false));
});

test('MongoDB that is not there is an outage, soon', async () => {
  const mongo = openMongo(`mongodb://127.0.0.1:${await freePort()}/nothing`, { timeoutMs: 300 });
  const error: unknown = await documentsInMongo(mongo.db).ping().catch((thrown: unknown) => thrown);
  await mongo.close();
  expect(isUnavailable(error)).toBe(true);
});

test('PostgreSQL that is not there is an outage, soon', async () => {
  const sql = openPostgres({ url: `postgres://127.0.0.1:${await freePort()}/nothing`, name: 'test' });
  const error: unknown = await documentsInPostgres(sql).ping().catch((thrown: unknown) => thrown);
  await sql.end();
  expect(isUnavailable(error)).toBe(true);
});
