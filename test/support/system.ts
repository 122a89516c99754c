import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { type Person, tokenIssuer } from '../../dev/demo/people.ts';
import { freePort } from '../../dev/free-port.ts';
import { runProcess, startProcesses } from '../../dev/procfile.ts';
import { startMailbox } from '../../dev/sandbox/mailbox.ts';
import { UNLIMITED } from '../../dev/unbounded.ts';
import { type Noticed, noticed, noticeOf } from '../../src/notifications/decide/notices.ts';
import { readEvents } from '../../src/outbox/read-events.ts';
import { evidence, tenantBody, ticketBody } from './app.ts';
import { createDatabase } from './database.ts';
import { connectRedis, redisPrefix } from './redis.ts';
import { until } from './until.ts';

/** The Procfile of the project. */
export const PROCFILE = fileURLToPath(new URL('../../Procfile', import.meta.url));
const FAILPOINT = new URL('../../dev/chaos/failpoint.ts', import.meta.url).href;

/** Seconds that each process may take to stop. */
export const STOP_SECONDS = 10;
/** Seconds that make a test short; the mechanisms are those of production. */
const HASTE = { SWEEP_GRACE_SECONDS: '1', STOP_SECONDS: String(STOP_SECONDS) };

export interface LogLine {
  /** `worker.1` */
  readonly process: string;
  readonly text: string;
}

export interface SystemOptions {
  readonly formation: Readonly<Record<'web' | 'relay' | 'worker', number>>;
  /** The shared one of the test run unless given. */
  readonly redisUrl?: string;
  /** Seconds that a job stays a worker's without a sign of life. */
  readonly lockSeconds?: number;
  /** Called at once when a process has ended, before it starts again. */
  readonly onEnd?: (process: string) => void;
  /** For the processes, on top of what they need. */
  readonly env?: NodeJS.ProcessEnv;
  /** Modules that each process imports first. */
  readonly preload?: readonly URL[];
}

/** The Procfile's processes, released and ready, on the calling test's own database, keys, mailbox and secret. */
export async function startSystem({ formation, redisUrl, lockSeconds = 2, onEnd, env: extra, preload = [] }: SystemOptions) {
  const { sql, url: DATABASE_URL } = await createDatabase();
  const { url: sharedUrl, prefix } = redisPrefix();
  const redis = await connectRedis(redisUrl ?? sharedUrl);
  const mailbox = await startMailbox();
  const secret = randomBytes(32).toString('hex');
  const failpoints = mkdtempSync(join(tmpdir(), 'columna-failpoints-'));
  const port = await freePort();
  const apiUrl = `http://127.0.0.1:${port}`;
  const env = {
    ...process.env, ...HASTE, LOCK_SECONDS: String(lockSeconds),
    DATABASE_URL, MONGODB_URL: undefined, REDIS_URL: redisUrl ?? sharedUrl, REDIS_PREFIX: prefix,
    SMTP_URL: mailbox.smtpUrl, PORT: String(port), PUBLIC_URL: apiUrl,
    JWT_SECRET: secret, HASH_KEY: secret, PAYMENTS_WEBHOOK_SECRETS: secret,
    ...UNLIMITED,
    FAILPOINTS: failpoints, NODE_OPTIONS: [FAILPOINT, ...preload].map((module) => `--import ${String(module)}`).join(' '),
    ...extra,
  };
  const lines: LogLine[] = [];
  const ends: { readonly process: string; readonly how: string; readonly at: Date }[] = [];
  const onLine = (process: string, text: string) => {
    const how = /^ended by (.+), starts again/.exec(text)?.[1];
    if (how === undefined) return void lines.push({ process, text });
    ends.push({ process, how, at: new Date() });
    onEnd?.(process);
  };
  if ((await runProcess('release', { procfile: PROCFILE, env, onLine })) !== 0) throw new Error('the release failed');
  const running = await startProcesses({ procfile: PROCFILE, env, onLine, formation, ports: ['METRICS_PORT'], restart: true });
  onTestFinished(async () => {
    await running.stop();
    await mailbox.stop();
    rmSync(failpoints, { recursive: true });
  });
  const starts = (name: string) =>
    lines.filter(({ process, text }) => process === name && text.includes('"msg":"started"')).length;
  const isUp = () => running.processes.every(({ name }) => starts(name) > 0);
  await until('every process has started', isUp, { deadlineMs: 20_000 });
  /** `host:port` of what each process of a kind shows at `/metrics`. */
  const scraped = (type: string) =>
    running.processes.filter(({ name }) => name.startsWith(`${type}.`)).map(({ ports }) => `127.0.0.1:${ports['METRICS_PORT']}`);
  return {
    sql, redis, prefix, scraped, apiUrl, secret, mailbox, failpoints, lines, ends, starts, env,
    kill: running.kill, stop: running.stop, issueToken: tokenIssuer(secret),
  };
}

export type System = Awaited<ReturnType<typeof startSystem>>;

export interface Post {
  readonly token: string;
  readonly path: string;
  readonly body: object;
}

/** Posts until somebody answers, as a client whose server goes away does: the same key, at most for ten seconds. */
export async function post(system: Pick<System, 'apiUrl'>, posted: Post): Promise<string> {
  return (await postForAnswer(system, posted))['id'] ?? '';
}

/** Has a person accept an invitation to work for a tenant. */
export async function joinTenant(
  system: Pick<System, 'apiUrl' | 'issueToken'>,
  person: Person,
  { tenantId, tenantToken }: { readonly tenantId: string; readonly tenantToken: string },
): Promise<void> {
  const invitation = { token: tenantToken, path: `/tenants/${tenantId}/invitations`, body: {} };
  const { code } = await postForAnswer(system, invitation);
  const token = await system.issueToken(person, { roles: ['user'] });
  await post(system, { token, path: '/memberships', body: { code, contact: person.contact } });
}

async function postForAnswer({ apiUrl }: Pick<System, 'apiUrl'>, { token, path, body }: Post): Promise<Readonly<Record<string, string>>> {
  const headers = {
    authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': randomUUID(),
  };
  const request = { method: 'POST', headers, body: JSON.stringify(body) };
  const send = () => fetch(`${apiUrl}${path}`, request).catch(() => undefined);
  const answer = await until(`POST ${path} is answered`, async () => {
    const response = await send();
    return response !== undefined && response.status < 500 && response.status !== 409 ? response : undefined;
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`POST ${path} was answered ${answer.status}: ${text}`);
  return JSON.parse(text) as Readonly<Record<string, string>>;
}

/** A person that nobody knows yet. */
export function someone(): Person {
  const userId = randomUUID();
  return { title: 'someone', userId, contact: { name: 'Ana Ruiz', email: `${userId}@example.com`, locale: 'es' } };
}

/** Founds a verified tenant; each call of what comes back opens a ticket there, of a customer of its own. */
export async function openShop(system: System): Promise<() => Promise<string>> {
  const act = async (person: Person, role: string, path: string, body: object) =>
    post(system, { token: await system.issueToken(person, { roles: [role] }), path, body });
  const owner = someone();
  const tenantId = await act(owner, 'user', '/tenants', { ...tenantBody, contact: owner.contact });
  await act(someone(), 'backoffice:write', `/tenants/${tenantId}/verify`, evidence);
  return async () => {
    const customer = someone();
    return act(customer, 'user', '/tickets', { ...ticketBody(tenantId), contact: customer.contact });
  };
}

/** Waits until every event is published and every delivery has its proof, and no mail is under way. */
export async function settled({ sql }: Pick<System, 'sql'>, { deadlineMs = 20_000 } = {}): Promise<void> {
  let left = {};
  await until(() => `nothing is left: ${JSON.stringify(left)}`, async () => {
    const [row] = await sql<{ pending: number; open: number; unsent: number }[]>`
      select (select count(*) from outbox_event where status = 'pending')::integer as pending,
             (
               select count(*) from outbox_event event join subscription using (event_type)
               where not exists (
                 select from consumed_event done
                 where done.consumer_name = subscription.consumer_name and done.event_id = event.id
               )
             )::integer as open,
             (select count(*) from notification where status in ('queued', 'sending'))::integer as unsent
    `;
    left = row ?? {};
    return Object.values(left).every((count) => count === 0);
  }, { deadlineMs });
}

/** The channels by which everybody is reached; the system of tests has no others. */
const isEverybodys = (channel: string) => channel === 'inbox' || channel === 'email';

/** What is wrong with the effects of settled events: nothing where each happened exactly once. */
export async function wrongEffects({ sql, mailbox }: Pick<System, 'sql' | 'mailbox'>): Promise<readonly string[]> {
  const types = noticed.map(({ type }) => type);
  const ids = await sql<{ id: string }[]>`select id from outbox_event where event_type = any(${types}::text[])`;
  const events = [...(await readEvents(sql, ids.map(({ id }) => id))).values()];
  const owed = events.flatMap((event) => {
    const { template, readers } = noticeOf(event as Noticed);
    const channels = template.channels.filter(isEverybodys);
    const toUser = (userId: string) => channels.map((channel) => `${event.eventId} ${userId} ${channel}`);
    return [...readers.keys()].flatMap(toUser);
  });
  const made = await sql<{ id: string; what: string; channel: string; status: string }[]>`
    select id, event_id || ' ' || user_id || ' ' || channel as what, channel, status from notification
  `;
  const [figures] = await sql<{ counted: number; consumed: number }[]>`
    select (select coalesce(sum(value), 0) from daily_metric)::integer as counted,
           (select count(*) from consumed_event where consumer_name = 'count-daily-metrics')::integer as consumed
  `;
  const mails = made.filter(({ channel }) => channel === 'email').map(({ id }) => id);
  const accepted = mailbox.messages.map(({ notificationId }) => notificationId ?? '');
  const lost = made.filter(({ channel, status }) => status !== (channel === 'email' ? 'sent' : 'delivered'));
  const same = (one: readonly string[], other: readonly string[]) => one.toSorted().join() === other.toSorted().join();
  const wrong = [
    [figures?.counted === figures?.consumed, `${figures?.counted} counted in ${figures?.consumed} deliveries`],
    [same(owed, made.map(({ what }) => what)), `${made.length} notifications for ${owed.length} that are owed`],
    [lost.length === 0, `${lost.length} notifications have not arrived`],
    [same(accepted, mails), `${accepted.length} mails accepted for ${mails.length}`],
  ] as const;
  return wrong.filter(([right]) => !right).map(([, what]) => what);
}
