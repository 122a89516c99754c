import { randomUUID } from 'node:crypto';
import { Registry } from 'prom-client';
import { UNBOUNDED } from '../../dev/unbounded.ts';
import { mountBackoffice } from '../../src/backoffice/routes.ts';
import { openTokens } from '../../src/api/http/auth.ts';
import { openInboxStreams } from '../../src/api/notifications/inbox-streams.ts';
import type { Api, ApiDeps } from '../../src/api/http/context.ts';
import { jobs } from '../../src/jobs/index.ts';
import { openLog } from '../../src/platform/log.ts';
import type { RateLimit } from '../../src/platform/rate-limit.ts';
import type { Sql } from '../../src/platform/postgres.ts';
import { documentsInPostgres } from '../../src/documents/postgres-store.ts';
import { described } from './described.ts';
import { makeToken, tokenConfig, webSecrets, type TokenOptions } from './tokens.ts';

const open: RateLimit = { take: () => Promise.resolve(undefined) };

/** The configuration of tests' apps. A test of a bound states its own. */
export const appConfig: ApiDeps['config'] = {
  ...webSecrets, PAYMENTS_WEBHOOK_SECRETS: [webSecrets.PAYMENTS_WEBHOOK_SECRETS],
  BOUNDS: UNBOUNDED, PUBLIC_URL: 'http://localhost', TRUSTED_PROXIES: 0, CORS_ORIGINS: [],
  WEB_PUSH_ORIGINS: ['https://updates.push.example', 'https://*.notify.example'],
  WHATSAPP_APP_SECRET: 'an app secret of tests', WHATSAPP_VERIFY_TOKEN: 'a verify token of tests',
};

/** What `createApp` needs, on a test's own database: nothing is limited, nobody is woken, the log is silent. */
export function appDeps(sql: Sql, overrides: Partial<ApiDeps> = {}): ApiDeps {
  const log = openLog({ process: 'test', level: 'silent' });
  return {
    sql,
    log,
    tokens: openTokens(tokenConfig),
    wake: () => undefined,
    inboxHint: () => undefined,
    inboxStreams: openInboxStreams({ sql, log, registry: new Registry() }),
    queues: () => Promise.resolve([]),
    jobSchedulers: () => undefined,
    jobs,
    mountBackoffice,
    diagnose: () => Promise.resolve([]),
    registry: new Registry(),
    limits: { address: open, user: open },
    revocations: { isRevoked: () => Promise.resolve(false), revoke: () => Promise.resolve(), endAll: () => Promise.resolve() },
    keyLimit: { take: () => Promise.resolve() },
    documents: documentsInPostgres(sql),
    config: appConfig,
    ...overrides,
  };
}

/** A database for tests of what must never reach one. */
export const untouchable = (() => {
  throw new Error('the database was asked');
}) as unknown as Sql;

/** Somebody who uses the API. */
export interface Client {
  readonly userId: string;
  get(path: string): Promise<Response>;
  /** A body that is no string is sent as JSON; the key is a new one unless given. */
  post(path: string, body: unknown, key?: string): Promise<Response>;
}

/** Signs somebody in at the app. An answer that is not as the reference says is an error. */
export async function signIn(app: Api, { userId = randomUUID(), ...rest }: TokenOptions = {}): Promise<Client> {
  const authorization = `Bearer ${await makeToken({ userId, ...rest })}`;
  return {
    userId,
    get: async (path) => described('GET', path, await app.request(path, { headers: { authorization } })),
    post: async (path, body, key = randomUUID()) =>
      described('POST', path, await app.request(path, {
        method: 'POST',
        headers: { authorization, 'Content-Type': 'application/json', 'Idempotency-Key': key },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      })),
  };
}

/** Signs two operators in: the second one sends what the first one may not do alone. */
export async function signInOperators(app: Api): Promise<Client & { readonly second: Client }> {
  const [one, other] = [await signIn(app, { roles: ['backoffice:write'] }), await signIn(app, { roles: ['backoffice:write'] })];
  return {
    ...one,
    second: other,
    async post(path, body, key) {
      const answer = await one.post(path, body, key);
      return answer.status === 202 ? other.post(path, body, key) : answer;
    },
  };
}

export const contact = { name: 'Ana Ruiz', email: 'ana@example.com', locale: 'es' };
export const tenantBody = {
  name: 'Taller Ruiz', country: 'MX', currency: 'MXN', timeZone: 'America/Mexico_City', contact,
};
export const evidence = { evidence: { kind: 'tax-certificate', reference: 'doc-1' } };

/** A verified tenant's id and its owner, who holds the tenant's token. */
export async function verifiedTenant(app: Api): Promise<{ readonly tenantId: string; readonly owner: Client }> {
  const founder = await signIn(app);
  const tenantId = await idOf(await founder.post('/tenants', tenantBody));
  const operator = await signIn(app, { roles: ['backoffice:write'] });
  await operator.post(`/tenants/${tenantId}/verify`, evidence);
  return { tenantId, owner: await signIn(app, { userId: founder.userId, roles: ['tenant'], tenantId }) };
}

export const ticketBody = (tenantId: string) =>
  ({ tenantId, subject: 'No hay agua', description: 'Desde ayer.', contact });

/** An answer's JSON object. */
export async function json(response: Response): Promise<Record<string, unknown>> {
  return (await response.json()) as Record<string, unknown>;
}

/** The id in an answer. */
export async function idOf(response: Response): Promise<string> {
  return String((await json(response))['id']);
}
