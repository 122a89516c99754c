import { randomUUID } from 'node:crypto';
import { Registry } from 'prom-client';
import { describe, expect, test } from 'vitest';
import { createApp } from '../../../src/api/app.ts';
import { openLog } from '../../../src/platform/log.ts';
import { openPostgres } from '../../../src/platform/postgres.ts';
import { appDeps, json, signIn, tenantBody, untouchable } from '../../support/app.ts';
import { createDatabase } from '../../support/database.ts';
import { makeToken } from '../../support/tokens.ts';
import { recordTraces } from '../../support/traces.ts';

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';

describe('a path', () => {
  const app = createApp(appDeps(untouchable));

  const nowhere = ['/nope', '/tickets/', '/tickets/%00', '/tickets/%E0%A4%A', '/tickets/1', '/docs/..%2fpackage.json'];
  test.each(nowhere)('that is nothing’s, such as %s, is answered with 404', async (path) => {
    const answer = await (await signIn(app)).get(path);
    expect(answer.status).toBe(404);
    expect(answer.headers.get('Content-Type')).toBe('application/problem+json');
  });

  test.each([
    ['DELETE', '/tickets', 'POST'],
    ['GET', '/backoffice/events/retry', 'POST'],
    ['POST', '/notifications/me', 'GET, HEAD'],
    ['PUT', `/tickets/${randomUUID()}`, 'GET, HEAD'],
    ['OPTIONS', '/tenants', 'POST'],
    ['POST', '/livez', 'GET, HEAD'],
    ['GET', '/users/me/devices/remove', 'POST'],
    ['POST', '/users/me/devices/web-push-key', 'GET, HEAD'],
    ['GET', `/tenants/${randomUUID()}/members/remove`, 'POST'],
    ['POST', `/users/me/devices/${randomUUID()}`, 'GET, HEAD'],
  ])('asked with another method, as in %s %s, is answered with 405', async (method, path, allow) => {
    const answer = await app.request(path, { method });
    expect([answer.status, answer.headers.get('Allow')]).toEqual([405, allow]);
  });

  test('gives no other origin leave to read its answers', async () => {
    const answer = await app.request('/openapi.json', { headers: { Origin: 'https://evil.example' } });
    expect(answer.headers.get('Access-Control-Allow-Origin')).toBeNull();
    expect(answer.headers.get('X-Content-Type-Options')).toBe('nosniff');
  });
});

describe('a query', () => {
  const limits = ['limit=-1', 'limit=0', 'limit=101', 'limit=1e9', 'limit=abc', 'limit=', 'limit=1&limit=2'];
  test.each([...limits, 'userId[$gt]=', 'page=2'])('of ?%s is answered with 422', async (query) => {
    const user = await signIn(createApp(appDeps(untouchable)));
    const answer = await user.get(`/notifications/me?${query}`);
    expect(answer.status).toBe(422);
    expect(await json(answer)).toMatchObject({ errors: [{ in: 'query' }] });
  });

  const years = ['from=0000-01-01T00:00:00Z', 'to=9999-12-31T23:59:59-12:00'];
  const instants = ['from=infinity', 'from=2026-02-30T00:00:00Z', 'to=2026-02-28T00:00:00', ...years];
  test.each([...instants, 'status=lost', 'type=create', 'tenantId=1'])(
    'of the outbox with ?%s is answered with 422',
    async (query) => {
      const operator = await signIn(createApp(appDeps(untouchable)), { roles: ['backoffice:read'] });
      expect((await operator.get(`/backoffice/events/outbox?${query}`)).status).toBe(422);
    },
  );

  test.each(['x', 'bm9uc2Vuc2U', 'W10', '%00'])('with the cursor %j is answered with 400', async (cursor) => {
    const user = await signIn(createApp(appDeps(untouchable)));
    expect((await user.get(`/notifications/me?cursor=${cursor}`)).status).toBe(400);
  });
});

describe('a request', () => {
  test('has a trace of ours, which its answer names; the client’s trace id is in the log', async () => {
    const { sql } = await createDatabase();
    const lines: string[] = [];
    const log = openLog({ process: 'test', level: 'info', destination: { write: (line) => void lines.push(line) } });
    const app = createApp(appDeps(sql, { log }));
    const user = await signIn(app);
    const traced = createApp(appDeps(sql, { log }));
    const answer = await traced.request('/nope', { headers: { traceparent: `00-${TRACE_ID}-00f067aa0ba902b7-01` } });
    const traceId = answer.headers.get('Trace-Id');
    expect(traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(traceId).not.toBe(TRACE_ID);
    expect(await json(answer)).toMatchObject({ traceId });
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([{ traceId, clientTraceId: TRACE_ID, status: '404' }]);

    const created = await user.post('/tenants', tenantBody);
    const [event] = await sql`select traceparent, correlation_id from outbox_event`;
    expect(event?.['traceparent']).toMatch(new RegExp(`^00-${created.headers.get('Trace-Id')}-[0-9a-f]{16}-00$`));
    expect(lines.join('')).not.toMatch(/ana@example|Ana Ruiz|Bearer/);
  });

  test('with a malformed traceparent gets a trace of its own', async () => {
    const app = createApp(appDeps(untouchable));
    for (const traceparent of ['x', `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`, `ff-${TRACE_ID}-00f067aa0ba902b7-01`]) {
      const { traceId } = await json(await app.request('/nope', { headers: { traceparent } }));
      expect(traceId).toMatch(/^[0-9a-f]{32}$/);
      expect(traceId).not.toBe(TRACE_ID);
    }
  });

  test.each([
    [0, '01', '00'], [0, '00', '00'], [0, 'ff', '00'], [1, '01', '01'], [1, '00', '01'],
  ])('at a ratio of %d and with a client’s flag %s has the flag %s', async (ratio, flag, own) => {
    const { flush } = await recordTraces({ ratio });
    const { sql } = await createDatabase();
    const app = createApp(appDeps(sql));
    const authorization = `Bearer ${await makeToken()}`;
    await app.request('/tenants', {
      method: 'POST',
      headers: {
        authorization, 'Content-Type': 'application/json', 'Idempotency-Key': randomUUID(),
        traceparent: `00-${TRACE_ID}-00f067aa0ba902b7-${flag}`, tracestate: 'vendor=1',
      },
      body: JSON.stringify(tenantBody),
    });
    const [event] = await sql`select traceparent from outbox_event`;
    expect(event?.['traceparent']).toMatch(new RegExp(`^00-[0-9a-f]{32}-[0-9a-f]{16}-${own}$`));
    const spans = await flush();
    expect(spans.filter(({ traceId }) => traceId === TRACE_ID)).toEqual([]);
    const server = spans.filter(({ kind }) => kind === 'SERVER');
    expect(server.map(({ attributes }) => attributes['columna.client.trace_id'])).toEqual(ratio === 0 ? [] : [TRACE_ID]);
  });

  test('is counted by the pattern of its route, never by an id or a made-up method', async () => {
    const registry = new Registry();
    const app = createApp(appDeps(untouchable, { registry }));
    await app.request(`/tickets/${randomUUID()}`);
    await app.request('/tickets', { method: 'BREW' });
    const text = await registry.metrics();
    expect(text).toContain('http_request_duration_seconds_count{method="GET",route="/tickets/:id",status="401"} 1');
    expect(text).toContain('http_request_duration_seconds_count{method="other",route="/tickets",status="405"} 1');
  });

  test('that fails inside is answered with 500 and not a word of why', async () => {
    const user = await signIn(createApp(appDeps(untouchable)));
    const answer = await user.get('/notifications/me');
    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toContain('the database was asked');
  });

  test('while PostgreSQL is away is answered with 503 and Retry-After', async () => {
    const sql = openPostgres({ url: 'postgres://nobody@127.0.0.1:1/none', name: 'test', connections: 1 });
    const app = createApp(appDeps(sql));
    const user = await signIn(app);
    const asked = [user.get('/notifications/me'), user.post('/tenants', tenantBody), app.request('/readyz')];
    for (const answer of await Promise.all(asked)) {
      expect([answer.status, answer.headers.get('Retry-After')]).toEqual([503, '2']);
    }
    await sql.end();
  });
});

describe('what operators and tools ask', () => {
  test('is ready when it can commit, and not when the schema is another release’s', async () => {
    const { sql } = await createDatabase();
    const app = createApp(appDeps(sql));
    expect((await app.request('/livez')).status).toBe(200);
    expect((await app.request('/readyz')).status).toBe(200);
    await sql`delete from schema_migration where name = '0002_marketplace.sql'`;
    const another = createApp(appDeps(sql)); // the first shares its answer for a second
    expect((await another.request('/readyz')).status).toBe(503);
    expect((await another.request('/livez')).status).toBe(200);
  });

  test('is one commit a second, however many ask', async () => {
    const { sql } = await createDatabase();
    const app = createApp(appDeps(sql));
    const commits = async () => Number((await sql`select pg_snapshot_xmax(pg_current_snapshot())::text as next`)[0]?.['next']);
    await app.request('/readyz');
    const before = await commits();
    const answers = await Promise.all(Array.from({ length: 200 }, () => app.request('/readyz')));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect((await commits()) - before).toBeLessThan(10);
  });

  test('is no metrics: those are on a port of their own', async () => {
    const app = createApp(appDeps(untouchable));
    for (const path of ['/metrics', '/metrics/', '/Metrics']) expect((await app.request(path)).status).toBe(404);
  });

  test('readiness counts for the limit of an address, and liveness does not', async () => {
    const used = { take: () => Promise.resolve({ allowed: false, limit: 1, remaining: 0, resetSeconds: 60 }) };
    const app = createApp(appDeps(untouchable, { limits: { address: used, user: used } }));
    expect([(await app.request('/readyz')).status, (await app.request('/livez')).status]).toEqual([429, 200]);
  });

  test('is not ready on a database that takes no writes', async () => {
    const { sql, url } = await createDatabase();
    await sql.unsafe(`alter database ${new URL(url).pathname.slice(1)} set default_transaction_read_only = on`);
    const readOnly = openPostgres({ url, name: 'test' });
    expect((await createApp(appDeps(readOnly)).request('/readyz')).status).toBe(503);
    await readOnly.end();
  });

  test('the API describes itself, and a page reads the description with our own files only', async () => {
    const app = createApp(appDeps(untouchable));
    const document = await json(await app.request('/openapi.json'));
    const bearer = { type: 'http', scheme: 'bearer' };
    expect(document).toMatchObject({ openapi: '3.1.0', components: { securitySchemes: { bearer } } });
    const paths = Object.entries(document['paths'] as Record<string, object>);
    const routes = paths.map(([path, methods]) => `${Object.keys(methods).join()} ${path}`);
    const ofTheChapter = [
      'get /notifications/me', 'post /notifications/read', 'get /backoffice/events/outbox', 'post /backoffice/events/retry',
    ];
    expect(routes).toEqual(expect.arrayContaining(ofTheChapter));
    const page = await app.request('/docs');
    expect(page.headers.get('Content-Security-Policy')).toContain("script-src 'self';");
    for (const [, file] of (await page.text()).matchAll(/(?:src|href)="(?!data:)([^"]+)"/g)) {
      expect([file, (await app.request(String(file))).status]).toEqual([file, 200]);
    }
  });
});
