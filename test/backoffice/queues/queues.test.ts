import { describe, expect, onTestFinished, test } from 'vitest';
import { createApp } from '../../../src/api/app.ts';
import type { Role } from '../../../src/api/http/roles.ts';
import { openAlarms } from '../../../src/platform/alarms.ts';
import { openLog } from '../../../src/platform/log.ts';
import { openQueue } from '../../../src/platform/queues.ts';
import { openRedis, whenReady } from '../../../src/platform/redis.ts';
import { appDeps, untouchable } from '../../support/app.ts';
import { createDatabase } from '../../support/database.ts';
import { redisPrefix } from '../../support/redis.ts';
import { makeToken } from '../../support/tokens.ts';

const PATH = '/backoffice/queues';

/** An app with one queue, in which one job waits. */
async function setUp() {
  const { sql } = await createDatabase();
  const { url, prefix } = redisPrefix();
  const redis = openRedis({ url, name: 'test', log: openLog({ process: 'test', level: 'silent' }) });
  onTestFinished(() => redis.disconnect());
  await whenReady(redis);
  const queue = openQueue('notify', { redis, prefix });
  const alarms = openAlarms({ redis, prefix });
  const app = createApp(appDeps(sql, { queues: () => Promise.resolve([queue]), jobSchedulers: () => alarms }));
  return { sql, app, queue, alarms };
}

const session = async (role: Role) => ({ Cookie: `columna_session=${await makeToken({ roles: [role] })}` });
const pause = { method: 'PUT' };
const PAUSE = `${PATH}/api/queues/notify/pause`;

describe('Bull Board', () => {
  test.each(['', '/', '/queue/notify', '/static/js/main.js', '/api/queues', '/api/queues/notify/pause', '/nothing'])(
    'answers 401 without a session, also at %j and by any method',
    async (path) => {
      const app = createApp(appDeps(untouchable));
      const bearer = { authorization: `Bearer ${await makeToken({ roles: ['backoffice:write'] })}` };
      for (const method of ['GET', 'POST', 'PUT', 'DELETE']) {
        expect((await app.request(PATH + path, { method })).status).toBe(401);
      }
      expect((await app.request(PATH + path, { headers: bearer })).status).toBe(401);
      expect((await app.request(PATH + path, { headers: { Cookie: 'columna_session=x' } })).status).toBe(401);
      expect((await app.request(PATH + path, { headers: await session('user') })).status).toBe(403);
    },
  );

  test('shows a browser without a session the page to sign in at', async () => {
    const answer = await createApp(appDeps(untouchable)).request(PATH, { headers: { Accept: 'text/html' } });
    expect([answer.status, answer.headers.get('Content-Type')]).toEqual([401, 'text/html; charset=UTF-8']);
    expect(await answer.text()).toContain('action="/backoffice/sign-in"');
  });

  test('shows operators the page, its own files and the queues, and of a batch only its deliveries', async () => {
    const { app, queue } = await setUp();
    const batch = { eventIds: ['e1', 'e2'], types: { TenantCreated: 2 }, lane: 'normal' };
    await queue.add('TenantCreated × 2', { ...batch, email: 'ana@example.com' } as typeof batch);
    const headers = await session('backoffice:read');
    const page = await (await app.request(PATH, { headers })).text();
    for (const [, file] of page.matchAll(/(?:src|href)="(static\/[^"]+)"/g)) {
      expect([file, (await app.request(`${PATH}/${file}`, { headers })).status]).toEqual([file, 200]);
    }
    const answer = await app.request(`${PATH}/api/queues?activeQueue=notify&status=waiting&page=1`, { headers });
    const text = await answer.text();
    expect(JSON.parse(text)).toMatchObject({
      queues: [
        { readOnlyMode: true, jobs: [{ name: 'TenantCreated × 2', data: { deliveries: 2, ...batch } }] },
        { name: 'jobs', readOnlyMode: true },
      ],
    });
    expect(text).not.toContain('ana@example.com');
  });

  test('shows the schedulers of all jobs, which nobody can change there', async () => {
    const { app, alarms } = await setUp();
    await alarms.upsertJobScheduler(
      'score-fraud',
      { pattern: '30 2 * * *', tz: 'UTC' },
      { name: 'score-fraud', data: {} },
    );
    const writer = {
      ...(await session('backoffice:write')),
      Origin: 'http://localhost',
      'Sec-Fetch-Site': 'same-origin',
    };
    const list = async () => (await app.request(`${PATH}/api/job-schedulers`, { headers: writer })).json();
    const schedulers = [{ queueName: 'jobs', pattern: '30 2 * * *' }];
    expect(await list()).toMatchObject({ schedulers });
    for (const [method, path] of [
      ['PUT', 'score-fraud/remove'],
      ['PUT', 'score-fraud/run'],
      ['PUT', 'score-fraud'],
      ['PATCH', 'score-fraud'],
    ] as const) {
      const answer = await app.request(`${PATH}/api/queues/jobs/job-schedulers/${path}`, { method, headers: writer });
      expect([method, path, answer.status >= 400 && answer.status < 500]).toEqual([method, path, true]);
    }
    expect(await list()).toMatchObject({ schedulers });
  });

  test('asks no other host for anything', async () => {
    const { app } = await setUp();
    const page = await (await app.request(PATH, { headers: await session('backoffice:read') })).text();
    expect(page).toContain('static/css/main');
    expect(page).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
  });

  test('lets those who may write change a queue, from our own pages only, and puts it on record', async () => {
    const { sql, app, queue } = await setUp();
    const reader = await session('backoffice:read');
    const writer = await session('backoffice:write');
    const refusals = [
      { ...reader },
      { ...writer, Origin: 'https://evil.example' },
      { ...writer, Origin: 'null' },
      { ...writer, 'Sec-Fetch-Site': 'cross-site' },
      { ...writer, 'Sec-Fetch-Site': 'same-site' },
    ];
    for (const headers of refusals) expect((await app.request(PAUSE, { ...pause, headers })).status).toBe(403);
    expect(await queue.isPaused()).toBe(false);
    const own = { ...writer, Origin: 'http://localhost', 'Sec-Fetch-Site': 'same-origin' };
    expect((await app.request(PAUSE, { ...pause, headers: own })).status).toBe(200);
    expect(await queue.isPaused()).toBe(true);
    expect(await sql`select action, request from operator_action`).toEqual([
      { action: 'change-queue', request: { method: 'PUT', path: PAUSE } },
    ]);
  });

  test('puts a change’s body on record, cut to what a record takes', async () => {
    const { sql, app } = await setUp();
    const headers = { ...(await session('backoffice:write')), Origin: 'http://localhost', 'Content-Type': 'application/json' };
    const add = `${PATH}/api/queues/notify/add`;
    const job = { name: 'planted', data: { eventIds: ['e1'], note: 'a\u0000b' }, options: {} };
    const answer = await app.request(add, { method: 'POST', headers, body: JSON.stringify(job) });
    expect(answer.status).toBeLessThan(300);
    await app.request(`${PATH}/api/queues/notify/nothing`, { method: 'PUT', headers, body: 'x'.repeat(10_000) });
    await app.request(`${PATH}/api/queues/notify/nothing`, { method: 'PUT', headers, body: '\0\ud800' });
    const bodies = (await sql`select request ->> 'body' as body from operator_action order by id`).map(({ body }) => String(body));
    expect(bodies.map((body) => body.length)).toEqual([JSON.stringify(job).length, 4_096, expect.any(Number)]);
    expect(bodies[0]).toBe(JSON.stringify(job));
    const large = await app.request(add, { method: 'POST', headers, body: 'x'.repeat(300_000) });
    expect(large.status).toBe(413);
    expect(await sql`select from operator_action`).toHaveLength(3);
  });

  test('is out of reach, and not broken, while Redis is away', async () => {
    const app = createApp(appDeps(untouchable, { queues: () => Promise.resolve(undefined) }));
    expect((await app.request(PATH, { headers: await session('backoffice:read') })).status).toBe(503);
  });
});

describe('signing in', () => {
  const signInWith = async (body: string, headers: Record<string, string> = {}) =>
    createApp(appDeps(untouchable)).request('/backoffice/sign-in', {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
      body,
    });

  test('sets a cookie that scripts and other sites can’t use, and that ends with the token', async () => {
    const answer = await signInWith(`token=${await makeToken({ roles: ['backoffice:read'] })}`);
    expect([answer.status, answer.headers.get('Location')]).toEqual([303, '/backoffice']);
    const cookie = answer.headers.get('Set-Cookie') ?? '';
    expect(cookie).toMatch(/; Path=\/backoffice; Expires=[^;]+; HttpOnly; SameSite=Strict$/);
    const expires = Date.parse(/Expires=([^;]+)/.exec(cookie)?.[1] ?? '');
    expect(Math.abs(expires - Date.now() - 300_000)).toBeLessThan(10_000);
  });

  test('is offered on a page whose browser names our origin when it sends the form', async () => {
    const page = await createApp(appDeps(untouchable)).request('/backoffice/sign-in');
    expect(page.headers.get('Referrer-Policy')).toBe('same-origin');
  });

  test('out of it ends the session in the browser', async () => {
    const answer = await createApp(appDeps(untouchable)).request('/backoffice/sign-out', { method: 'POST' });
    expect(answer.status).toBe(303);
    expect(answer.headers.get('Set-Cookie')).toBe('columna_session=; Max-Age=0; Path=/backoffice');
  });

  test('needs an operator’s token, a form, and our own page', async () => {
    const token = `token=${await makeToken({ roles: ['backoffice:write'] })}`;
    expect((await signInWith('token=<b>x</b>')).status).toBe(401);
    expect((await signInWith('')).status).toBe(401);
    expect((await signInWith(`token=${await makeToken()}`)).status).toBe(403);
    expect((await signInWith(token, { Origin: 'https://evil.example' })).status).toBe(403);
    expect((await signInWith(token, { 'Content-Type': 'multipart/form-data' })).status).toBe(415);
    expect((await signInWith(`token=${'x'.repeat(300_000)}`)).status).toBe(413);
  });
});
