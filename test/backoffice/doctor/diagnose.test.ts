import { randomBytes } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { createApp } from '../../../src/api/app.ts';
import { diagnose, type Patient } from '../../../src/backoffice/doctor/diagnose.ts';
import { contracts } from '../../../src/events/index.ts';
import { openPostgres } from '../../../src/platform/postgres.ts';
import { documentsInPostgres } from '../../../src/documents/postgres-store.ts';
import { appDeps, signIn } from '../../support/app.ts';
import { createDatabase } from '../../support/database.ts';
import { fallingSilent } from '../../support/falling-silent.ts';
import { complaints, findingOf } from '../../support/findings.ts';
import { signInOperator } from '../../support/operator.ts';
import { connectRedis, isolatedRedis, redisPrefix } from '../../support/redis.ts';

const SECRET = randomBytes(48).toString('base64');

/** A deployment without processes; either server can fall silent. */
async function setUp() {
  const [database, servers] = [await createDatabase(), redisPrefix()];
  const [postgres, redisServer] = await Promise.all([fallingSilent(database.url), fallingSilent(servers.url)]);
  const sql = openPostgres({ url: postgres.url, name: 'doctor', connections: 8 });
  onTestFinished(() => sql.end({ timeout: 0 }));
  const redis = await connectRedis(redisServer.url);
  const patient: Patient = {
    sql, redis, prefix: servers.prefix, documents: documentsInPostgres(sql), jobs: [], contracts,
    secrets: { JWT_SECRET: SECRET, HASH_KEY: SECRET }, withinMs: 1_000,
    urls: { PUBLIC_URL: 'http://localhost', JWKS_URL: undefined },
  };
  return { patient, postgres, redisServer, admin: database.sql };
}

test('a PostgreSQL and a Redis that fall silent are problems, said in time', async () => {
  const { patient, postgres, redisServer } = await setUp();
  expect(complaints(await diagnose(patient))).not.toContain('postgresql: problem');
  postgres.fallSilent();
  const half = await diagnose(patient);
  expect(findingOf(half, 'postgresql')).toMatchObject({ verdict: 'problem', found: 'No answer within 1 s.' });
  expect(findingOf(half, 'redis policy').verdict).toBe('fine');
  redisServer.fallSilent();
  expect(findingOf(await diagnose(patient), 'redis')).toMatchObject({ verdict: 'problem', found: 'No answer within 1 s.' });
});

test('while Redis is away PostgreSQL is looked at all the same, and the queues are left out', async () => {
  const { patient } = await setUp();
  const server = await isolatedRedis();
  const redis = await connectRedis(server.url);
  const gone = new Promise((resolve) => redis.once('close', resolve));
  await server.stop();
  await gone;
  const findings = await diagnose({ ...patient, redis });
  expect(findingOf(findings, 'redis').found).toBe('Redis is unavailable.');
  for (const check of ['schema', 'slots', 'document store']) expect(findingOf(findings, check).verdict).toBe('fine');
  for (const check of ['consumers', 'jobs', 'queues', 'schedulers']) expect(findings.map((one) => one.check)).not.toContain(check);
});

test('a PostgreSQL that refuses is a problem by its code, and Redis is looked at all the same', async () => {
  const { patient } = await setUp();
  const sql = openPostgres({ url: 'postgres://nobody@127.0.0.1:1/none', name: 'doctor' });
  onTestFinished(() => sql.end({ timeout: 0 }));
  const findings = await diagnose({ ...patient, sql, documents: documentsInPostgres(sql) });
  expect(findingOf(findings, 'postgresql').found).toBe('It could not be looked at: ECONNREFUSED.');
  expect(findingOf(findings, 'document store').verdict).toBe('problem');
  expect(findingOf(findings, 'redis policy').verdict).toBe('fine');
});

test('an empty database is told by its schema, and what can’t be looked at for want of tables says so', async () => {
  const { patient, admin } = await setUp();
  await admin`drop schema public cascade`;
  await admin`create schema public`;
  const findings = await diagnose(patient);
  expect(findingOf(findings, 'schema').todo).toContain('Run the release process');
  for (const check of ['partitions', 'contracts', 'slots']) expect(findingOf(findings, check).todo).toBe('The schema is not this release’s: see what is said of it.');
});

test('operators read the findings by HTTP with the worst verdict, and on a page with the worst first; no secret is among them', async () => {
  const { patient, admin } = await setUp();
  const app = createApp(appDeps(admin, { diagnose: () => diagnose(patient) }));
  const answer = await (await signIn(app, { roles: ['backoffice:read'] })).get('/backoffice/doctor');
  expect([answer.status, await answer.clone().json()]).toMatchObject([200, { verdict: 'problem' }]);
  expect((await (await signIn(app)).get('/backoffice/doctor')).status).toBe(403);
  const page = await (await signInOperator(app, 'backoffice:read')).read('/backoffice/ui/doctor');
  const at = (check: string) => page.indexOf(`>${check}<`);
  expect([at('secrets used once') < at('redis persistence'), at('redis persistence') < at('schema')]).toEqual([true, true]);
  expect([page, await answer.text()].filter((said) => said.includes(SECRET))).toEqual([]);
});
