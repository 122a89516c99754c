import { randomUUID } from 'node:crypto';
import { SignJWT, UnsecuredJWT, type JWTPayload } from 'jose';
import { describe, expect, test } from 'vitest';
import { createApp } from '../../../src/api/app.ts';
import { findRule, rolesOf } from '../../../src/api/http/access-rules.ts';
import { openTokens } from '../../../src/api/http/auth.ts';
import type { Api } from '../../../src/api/http/context.ts';
import {
  appDeps, contact, evidence, idOf, json, signIn, ticketBody, untouchable, verifiedTenant,
} from '../../support/app.ts';
import { createDatabase } from '../../support/database.ts';
import { tokenConfig } from '../../support/tokens.ts';

const secret = new TextEncoder().encode(tokenConfig.JWT_SECRET);
const now = () => Math.floor(Date.now() / 1_000);
const good = (): JWTPayload => ({
  iss: tokenConfig.JWT_ISSUER, aud: tokenConfig.JWT_AUDIENCE, sub: randomUUID(), exp: now() + 60, roles: ['user'],
});
const signed = (payload: JWTPayload, key: Uint8Array = secret) =>
  new SignJWT(payload).setProtectedHeader({ alg: 'HS256' }).sign(key);
const without = (claim: string) => Object.fromEntries(Object.entries(good()).filter(([name]) => name !== claim));

const ask = async (app: Api, token: string | undefined) =>
  app.request('/notifications/me', { headers: token === undefined ? {} : { authorization: `Bearer ${token}` } });

describe('a token that proves nothing is answered with 401', () => {
  const app = createApp(appDeps(untouchable));
  const bad: readonly (readonly [string, () => string | Promise<string>])[] = [
    ['it is not a token', () => 'abc'],
    ['it is empty', () => ''],
    ['it is unsigned', () => new UnsecuredJWT(good()).encode()],
    ['it is signed with another secret', () => signed(good(), new TextEncoder().encode('x'.repeat(32)))],
    ['it was changed', async () => (await signed(good())).replace(/.\.([^.]+)$/, 'x.$1')],
    ['its audience is another', () => signed({ ...good(), aud: 'other' })],
    ['its issuer is another', () => signed({ ...good(), iss: 'other' })],
    ...['iss', 'aud', 'sub', 'exp'].map((claim) => [`it has no ${claim}`, () => signed(without(claim))] as const),
    ['its subject is no UUID', () => signed({ ...good(), sub: 'ana' })],
    ['it expired a second ago', () => signed({ ...good(), exp: now() - 1 })],
    ['it expires in a day and a minute', () => signed({ ...good(), exp: now() + 24 * 3_600 + 60 })],
    ['it never ends', () => signed({ ...good(), exp: 1e300 })],
    ['it is not valid yet', () => signed({ ...good(), nbf: now() + 60 })],
    ['its expiry is a text', () => signed({ ...good(), exp: String(now() + 60) } as unknown as JWTPayload)],
  ];
  test.each(bad)('when %s', async (_why, token) => {
    const answer = await ask(app, await token());
    expect(answer.status).toBe(401);
    expect(answer.headers.get('WWW-Authenticate')).toBe('Bearer');
    expect(await json(answer)).toMatchObject({ status: 401 });
  });

  test('when there is none', async () => {
    expect((await ask(app, undefined)).status).toBe(401);
  });
});

describe('claims of an unknown form are answered with 403', () => {
  const app = createApp(appDeps(untouchable));
  const bad: readonly (readonly [string, Record<string, unknown>])[] = [
    ['roles are an object', { roles: { user: true } }],
    ['roles are a text', { roles: 'backoffice:write' }],
    ['a role is spelled another way', { roles: ['Backoffice:write '] }],
    ['roles are absent', { roles: undefined }],
    ['role tenant names no tenant', { roles: ['tenant'] }],
    ['role tenant names null', { roles: ['tenant'], tenantId: null }],
    ['roles are null', { roles: null }],
    ['every role is another system’s', { roles: ['offline_access', 'uma_authorization'] }],
    ['a role is in another case', { roles: ['USER'] }],
    ['the tenant is no UUID', { roles: ['tenant'], tenantId: '1; drop table tenant' }],
  ];
  test.each(bad)('when %s', async (_why, claims) => {
    expect((await ask(app, await signed({ ...good(), ...claims }))).status).toBe(403);
  });
});

test.each([
  ['other systems’ roles', { roles: ['user', 'offline_access', 'uma_authorization'] }],
  ['a tenant that is null', { roles: ['user'], tenantId: null }],
  ['a role many times', { roles: Array(50).fill('user') }],
  ['roles that are no texts', { roles: ['user', 5, null, { name: 'backoffice:write' }] }],
])('a token with %s has the roles that are known here', async (_what, claims) => {
  const { roles, tenantId } = await openTokens(tokenConfig).verify(await signed({ ...good(), ...claims }));
  expect([[...roles], tenantId]).toEqual([['user'], undefined]);
});

test.each([1e300, -1e300, 1e15])(
  'a token that was issued at %d, in no calendar, does not say when it was issued',
  async (iat) => {
    const { issuedAt } = await openTokens(tokenConfig).verify(await signed({ ...good(), iat }));
    expect(issuedAt).toBeUndefined();
  },
);

test.each([
  [-60, true],
  [0, true],
  [240, true],
  [600, false],
  [3_600, false],
  [86_400 * 365, false],
])('of a token that was issued %d s from now the time is believed: %s', async (offset, isBelieved) => {
  const iat = now() + offset;
  const { issuedAt } = await openTokens(tokenConfig).verify(await signed({ ...good(), iat }));
  expect(issuedAt).toEqual(isBelieved ? new Date(iat * 1_000) : undefined);
});

test.each([
  ['several audiences', { aud: ['other', tokenConfig.JWT_AUDIENCE] }],
  ['an expiry with a fraction', { exp: now() + 60.5 }], ['a scope', { scope: 'openid backoffice:write' }],
  ['a nonce and a session of its issuer', { nonce: 'x', sid: 'y', azp: 'web', auth_time: 1 }],
])('a token with %s is accepted, and has its roles alone', async (_what, claims) => {
  const { roles } = await openTokens(tokenConfig).verify(await signed({ ...good(), ...claims }));
  expect([...roles]).toEqual(['user']);
});

describe('what is closed', () => {
  test('is everything that is not on the public list: every other route answers 401 without a token', async () => {
    const app = createApp(appDeps(untouchable));
    const guarded = app.routes.filter(({ method, path }) => {
      const rule = path === '/*' ? undefined : findRule(method, path);
      return rule !== undefined && rolesOf(rule) !== undefined;
    });
    expect(guarded.length).toBeGreaterThan(8);
    for (const { method, path } of guarded) {
      const answer = await app.request(path.replaceAll(/:\w+/g, randomUUID()), { method });
      expect([path, answer.status]).toEqual([path, 401]);
    }
  });

  test('is also what the public list only lets through to a session of its own', async () => {
    const app = createApp(appDeps(untouchable));
    for (const path of ['', '/static/js/main.js', '/api/queues', '/x']) {
      expect([path, (await app.request(`/backoffice/queues${path}`)).status]).toEqual([path, 401]);
    }
  });
});

describe('who may do what', () => {
  test('a role that does not fit gets 403 and leaves no row', async () => {
    const { sql } = await createDatabase();
    const app = createApp(appDeps(sql));
    const { tenantId, owner } = await verifiedTenant(app);
    const user = await signIn(app);
    const reader = await signIn(app, { roles: ['backoffice:read'] });
    const before = await sql`select count(*) from outbox_event`;
    const answers = [
      await user.post(`/tenants/${tenantId}/verify`, evidence),
      await reader.post(`/tenants/${tenantId}/verify`, evidence),
      await owner.post('/tickets', ticketBody(tenantId)),
      await user.post(`/tickets/${randomUUID()}/assign`, { assigneeUserId: randomUUID(), contact }),
      await user.get('/backoffice/events/outbox'),
      await reader.post('/backoffice/events/retry', { eventIds: [randomUUID()] }),
    ];
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 403));
    expect(await sql`select count(*) from outbox_event`).toEqual(before);
  });

  test('another tenant can neither see, nor assign, nor be asked in the name of', async () => {
    const { sql } = await createDatabase();
    const app = createApp(appDeps(sql));
    const [mine, theirs] = [await verifiedTenant(app), await verifiedTenant(app)];
    const customer = await signIn(app);
    const id = await idOf(await customer.post('/tickets', ticketBody(mine.tenantId)));
    const body = { assigneeUserId: theirs.owner.userId, contact };

    expect((await theirs.owner.get(`/tickets/${id}`)).status).toBe(404);
    expect((await theirs.owner.post(`/tickets/${id}/assign`, body)).status).toBe(404);
    const both = await signIn(app, { roles: ['user', 'tenant'], tenantId: theirs.tenantId });
    expect((await both.post('/tickets', ticketBody(mine.tenantId))).status).toBe(403);
    expect((await (await signIn(app)).get(`/tickets/${id}`)).status).toBe(404);
    expect((await mine.owner.get(`/tickets/${id}`)).status).toBe(200);
    expect((await (await signIn(app, { roles: ['backoffice:read'] })).get(`/tickets/${id}`)).status).toBe(200);
    expect(await sql`select status from ticket`).toEqual([{ status: 'open' }]);
  });
});
