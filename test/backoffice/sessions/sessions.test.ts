import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { createApp } from '../../../src/api/app.ts';
import { openTokens } from '../../../src/api/http/auth.ts';
import type { Api } from '../../../src/api/http/context.ts';
import { openRevocations } from '../../../src/api/http/revocations.ts';
import type { Role } from '../../../src/api/http/roles.ts';
import type { Sql } from '../../../src/platform/postgres.ts';
import { appDeps, signIn } from '../../support/app.ts';
import { createDatabase } from '../../support/database.ts';
import { makeToken, tokenConfig } from '../../support/tokens.ts';
import { until } from '../../support/until.ts';

function process(sql: Sql): Api {
  const revocations = openRevocations(sql, tokenConfig.JWT_MAX_HOURS);
  return createApp(appDeps(sql, { revocations, tokens: openTokens(tokenConfig, revocations) }));
}

/** Two web processes with one database. */
async function setUp() {
  const { sql } = await createDatabase();
  return { sql, one: process(sql), other: process(sql) };
}

const COOKIE = 'columna_session';
const session = async (role: Role) => ({ Cookie: `${COOKIE}=${await makeToken({ roles: [role] })}` });
const PAGES = ['/backoffice', '/backoffice/ui/jobs', '/backoffice/queues/', '/backoffice/queues/api/queues'];
const statuses = async (app: Api, headers: Record<string, string>) =>
  Promise.all(PAGES.map(async (path) => (await app.request(path, { headers })).status));
const signOut = (app: Api, headers: Record<string, string>) =>
  app.request('/backoffice/sign-out', { method: 'POST', headers: { ...headers, Origin: 'http://localhost' } });

describe('signing out', () => {
  test.each(['backoffice:read', 'backoffice:write'] as const)('makes a token of %s unusable on every page, in every process, at once', async (role) => {
    const { one, other } = await setUp();
    const headers = await session(role);
    expect(new Set(await statuses(other, headers))).not.toContain(401);
    expect((await signOut(one, headers)).status).toBe(303);
    for (const app of [one, other]) expect(await statuses(app, headers)).toEqual(PAGES.map(() => 401));
    const form = { key: randomUUID(), reason: 'r' };
    const sent = await other.request('/backoffice/ui/jobs/run-replays/pause', {
      method: 'POST', body: new URLSearchParams(form).toString(),
      headers: { ...headers, Origin: 'http://localhost', 'Content-Type': 'application/x-www-form-urlencoded' },
    });
    expect(sent.status).toBe(401);
    expect((await signOut(other, headers)).status).toBe(303);
  });

  test('ends the token for the API too, and it cannot begin another session', async () => {
    const { one, other } = await setUp();
    const headers = await session('backoffice:read');
    const [, token = ''] = headers.Cookie.split('=');
    const bearer = { headers: { authorization: `Bearer ${token}` } };
    expect((await other.request('/backoffice/jobs', bearer)).status).toBe(200);
    await signOut(one, headers);
    await until('the other process knows', async () => (await other.request('/backoffice/jobs', bearer)).status === 401);
    const again = await other.request('/backoffice/sign-in', {
      method: 'POST', body: new URLSearchParams({ token }).toString(),
      headers: { Origin: 'http://localhost', 'Content-Type': 'application/x-www-form-urlencoded' },
    });
    expect([again.status, again.headers.get('Set-Cookie')]).toEqual([401, null]);
  });

  test('leaves other tokens of the same operator, and keeps no token', async () => {
    const { sql, one } = await setUp();
    const userId = randomUUID();
    const [mine, elsewhere] = await Promise.all(['backoffice:read', 'backoffice:write'].map(async (role) =>
      ({ Cookie: `${COOKIE}=${await makeToken({ userId, roles: [role as Role] })}` })));
    await signOut(one, mine ?? {});
    expect(await statuses(one, elsewhere ?? {})).not.toContain(401);
    const stored = JSON.stringify(await sql`select * from revoked_token`);
    expect(stored).not.toContain(mine?.Cookie.split('=')[1]?.slice(0, 20));
  });

  test.each([
    ['no cookie', {}], ['nonsense', { Cookie: `${COOKIE}=x` }], ['two cookies of nonsense', { Cookie: `${COOKIE}=x; ${COOKIE}=y` }],
  ])('with %s ends nothing and stores nothing', async (_what, headers: Record<string, string>) => {
    const { sql, one } = await setUp();
    expect((await signOut(one, headers)).status).toBe(303);
    expect(await sql`select from revoked_token`).toHaveLength(0);
  });

  test('is no way for others to fill the table: a user’s token is no session', async () => {
    const { sql, one } = await setUp();
    expect((await signOut(one, await session('user'))).status).toBe(303);
    expect(await sql`select from revoked_token`).toHaveLength(0);
  });

  test('from another site is refused, and the session goes on', async () => {
    const { one } = await setUp();
    const headers = await session('backoffice:read');
    const answer = await one.request('/backoffice/sign-out', { method: 'POST', headers: { ...headers, Origin: 'https://evil.example' } });
    expect(answer.status).toBe(403);
    expect(await statuses(one, headers)).not.toContain(401);
  });

  test('forgets tokens that have expired', async () => {
    const { sql, one } = await setUp();
    await sql`insert into revoked_token values ('old', now() - interval '1 second')`;
    await signOut(one, await session('backoffice:read'));
    expect((await sql`select digest from revoked_token`).map(({ digest }) => String(digest))).not.toContain('old');
  });
});

describe('an operator', () => {
  test('ends all sessions of a user, on record; tokens issued later are good', async () => {
    const { sql, one, other } = await setUp();
    const operator = await signIn(one, { roles: ['backoffice:write'] });
    const reader = await signIn(one, { roles: ['backoffice:read'] });
    const userId = randomUUID();
    const sessions = [await signIn(one, { userId }), await signIn(other, { userId, roles: ['tenant'], tenantId: randomUUID() })];
    const bystander = await signIn(other);
    const asked = { userId, reason: 'a lost laptop' };
    expect((await reader.post('/backoffice/sessions/end', asked)).status).toBe(403);
    expect((await operator.post('/backoffice/sessions/end', asked)).status).toBe(200);
    for (const one of sessions) {
      await until('the token is refused', async () => (await one.get('/notifications/me')).status === 401);
    }
    expect((await bystander.get('/notifications/me')).status).toBe(200);
    expect(await sql`select action, request from operator_action`).toEqual([{ action: 'end-sessions', request: asked }]);
    await sql`update ended_session set ended_at = now() - interval '1 minute'`;
    await until('a token issued later is good', async () => (await (await signIn(other, { userId })).get('/notifications/me')).status === 200);
  });

  test.each([{ userId: 'x', reason: 'r' }, { userId: randomUUID() }, { userId: randomUUID(), reason: ' ' }, { userId: randomUUID(), reason: 'r', all: true }])(
    'gets 422 for %j', async (body) => {
      const { sql, one } = await setUp();
      const operator = await signIn(one, { roles: ['backoffice:write'] });
      expect((await operator.post('/backoffice/sessions/end', body)).status).toBe(422);
      expect(await sql`select from ended_session`).toHaveLength(0);
    });
});

test.each([1, 399, 400, 401, 4_000])('a token that expires in %i days begins a session whose cookie a browser keeps', async (days) => {
  const { sql } = await createDatabase();
  const app = createApp(appDeps(sql, { tokens: openTokens({ ...tokenConfig, JWT_MAX_HOURS: 200_000 }) }));
  const token = await new SignJWT({ roles: ['backoffice:write'] })
    .setProtectedHeader({ alg: 'HS256' }).setSubject(randomUUID()).setIssuer(tokenConfig.JWT_ISSUER).setAudience(tokenConfig.JWT_AUDIENCE)
    .setExpirationTime(`${days}d`).sign(new TextEncoder().encode(tokenConfig.JWT_SECRET));
  const answer = await app.request('/backoffice/sign-in', {
    method: 'POST', body: new URLSearchParams({ token }).toString(),
    headers: { Origin: 'http://localhost', 'Content-Type': 'application/x-www-form-urlencoded' },
  });
  expect(answer.status).toBe(303);
  const [, expires = ''] = /Expires=([^;]+)/.exec(answer.headers.get('Set-Cookie') ?? '') ?? [];
  const lasts = (Date.parse(expires) - Date.now()) / 86_400_000;
  expect(lasts).toBeGreaterThan(Math.min(days, 399) - 0.01);
  expect(lasts).toBeLessThan(400);
});
