import { createECDH, generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { signWebhook } from '../../dev/sandbox/payment-provider.ts';
import { startTraceCollector } from '../../dev/sandbox/trace-collector.ts';
import { ticketCreated } from '../../src/events/ticket-created.ts';
import { append } from '../../src/outbox/append.ts';
import { transaction } from '../../src/platform/transaction.ts';
import { evidence, tenantBody, ticketBody } from '../support/app.ts';
import { quotingMailServer, quotingProvider } from '../support/quoting.ts';
import { isolatedRedis, connectRedis } from '../support/redis.ts';
import { readAll, spyOnRedis } from '../support/spy-redis.ts';
import { post, someone, startSystem, type System } from '../support/system.ts';
import { until } from '../support/until.ts';

const PLANTED = 'kanarienvogel';
const PHONE = '+528199887766';
const secret = (what: string) => `${PLANTED}-${what}-${randomBytes(16).toString('hex')}`;
const traceparent = `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`;
const contact = { name: `${PLANTED} Ruiz`, email: `${PLANTED}@example.com`, locale: 'es' } as const;

/** A system at its most talkative, all of whose secrets are planted and whose providers quote what they refuse. */
async function startTalkative() {
  const provider = await quotingProvider(secret('access-token'));
  const server = await isolatedRedis();
  const [redisPassword, smtpPassword, webhookSecret] = [secret('redis'), secret('smtp'), secret('webhook')];
  await (await connectRedis(server.url)).config('SET', 'requirepass', redisPassword);
  const redisUrl = server.url.replace('//', `//:${redisPassword}@`);
  const spy = await spyOnRedis(redisUrl);
  const collector = await startTraceCollector();
  onTestFinished(() => collector[Symbol.asyncDispose]());
  const key = generateKeyPairSync('rsa', { modulusLength: 2_048, privateKeyEncoding: { type: 'pkcs8', format: 'pem' }, publicKeyEncoding: { type: 'spki', format: 'pem' } }).privateKey;
  const vapid = createECDH('prime256v1');
  const browser = createECDH('prime256v1');
  vapid.generateKeys();
  const env = {
    LOG_LEVEL: 'trace', OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_TRACES_SAMPLER_ARG: '1',
    SMTP_URL: `smtp://${PLANTED}:${smtpPassword}@127.0.0.1:${await quotingMailServer()}`,
    HASH_KEY: secret('hash'), PAYMENTS_WEBHOOK_SECRETS: webhookSecret,
    WHATSAPP_URL: provider.url, WHATSAPP_PHONE_NUMBER_ID: '106540352242922', WHATSAPP_ACCESS_TOKEN: secret('whatsapp'),
    WHATSAPP_APP_SECRET: secret('app'), WHATSAPP_VERIFY_TOKEN: secret('verify'),
    FCM_URL: provider.url,
    FCM_SERVICE_ACCOUNT: JSON.stringify({ project_id: 'sandbox', client_email: `${PLANTED}@sandbox.example`, private_key: key, token_uri: `${provider.url}/token` }),
    VAPID_PRIVATE_KEY: vapid.getPrivateKey('base64url'), VAPID_SUBJECT: 'mailto:ops@techmarket.example', WEB_PUSH_ORIGINS: provider.url,
  };
  const system = await startSystem({ formation: { web: 1, relay: 1, worker: 1 }, redisUrl, env });
  const devices = [
    { platform: 'fcm', token: secret('push') },
    { platform: 'web', endpoint: `${provider.url}/${secret('endpoint')}`, keys: { p256dh: browser.generateKeys('base64url'), auth: randomBytes(16).toString('base64url') } },
  ];
  const secrets = [PLANTED, PHONE.slice(3), system.secret, env.VAPID_PRIVATE_KEY, key.split('\n')[1] ?? '', new URL(process.env['DATABASE_URL'] ?? '').password];
  return { ...system, provider, spy, collector, devices, webhookSecret, secrets };
}

test('secrets and personal data are in no log, no Redis, no metric and no trace, whatever goes wrong', async () => {
  const system = await startTalkative();
  const { sql, redis, lines, scraped, spy, secrets, provider, issueToken } = system;
  const [founder, customer] = [someone(), someone()];
  const [ownerToken, customerToken, operator] = await Promise.all([
    issueToken({ ...founder, contact, phone: PHONE }, { roles: ['user'] }), issueToken(customer, { roles: ['user'] }), issueToken(someone(), { roles: ['backoffice:write'] }),
  ]);
  const act = (token: string, path: string, body: object) => post(system, { token, path, body });
  const tenantId = await act(ownerToken, '/tenants', { ...tenantBody, name: `${PLANTED} S.L.`, contact });
  for (const token of [ownerToken, customerToken]) {
    await act(token, '/users/me/contact', contact);
    await act(token, '/users/me/whatsapp', { phone: PHONE, optIn: true });
    for (const device of system.devices) await act(token, '/users/me/devices', device);
  }
  await act(operator, `/tenants/${tenantId}/verify`, evidence);
  await act(customerToken, '/tickets', { ...ticketBody(tenantId), subject: `${PLANTED} subject`, description: `${PLANTED} text`, contact });
  await plantPoison(system, tenantId);
  await misbehave(system, { token: customerToken, tenantId, secret: system.webhookSecret });
  const says = (message: string, more: string) => () => lines.some(({ text }) => text.includes(message) && text.includes(more));
  await until('poison is dead', says('delivery is dead', 'notify'), { deadlineMs: 30_000 });
  await until('a mail is put off', says('delivery parked', 'deliver-email'), { deadlineMs: 30_000 });
  await until('a request fails', says('request failed', ''));
  await until('every channel has refused', async () => {
    const rows = await sql`select distinct channel from notification join notification_attempt on id = notification_id where outcome = 'rejected'`;
    return rows.length === 3;
  }, { deadlineMs: 30_000 });
  const kinds = ['messages:send', `${PLANTED}-endpoint`, '106540352242922/messages'];
  await until('every provider has refused', () => kinds.every((kind) => provider.asked.some((path) => path.includes(kind))));

  const hosts = ['web', 'relay', 'worker'].flatMap(scraped);
  const metrics = await Promise.all(hosts.map(async (host) => (await fetch(`http://${host}/metrics`)).text()));
  const kept = await readAll(redis);
  await system.stop(); // what was not exported yet is exported now
  const places: Readonly<Record<string, readonly string[]>> = {
    logs: lines.map(({ process, text }) => `${process} ${text}`),
    redis: kept,
    'commands to redis': spy.heard,
    metrics: metrics.flatMap((text) => text.split('\n')),
    spans: system.collector.posts.flatMap((text) => text.split('{')),
  };
  const tokens = [ownerToken, customerToken, operator].map((token) => token.split('.')[2] ?? '');
  const isLeak = (text: string) => [...secrets, ...tokens].some((planted) => text.toLowerCase().includes(planted.toLowerCase()));
  for (const [place, texts] of Object.entries(places)) {
    expect(texts.length, place).toBeGreaterThan(10);
    expect(texts.filter(isLeak), place).toEqual([]);
  }
  const ofHandlers = lines.map(({ text }) => JSON.parse(text) as Readonly<Record<string, unknown>>).filter(({ msg }) => String(msg).startsWith('delivery '));
  expect(new Set(ofHandlers.map(({ msg }) => msg))).toEqual(new Set(['delivery failed', 'delivery is dead', 'delivery parked']));
  for (const line of ofHandlers) {
    expect(line).toMatchObject({ eventId: expect.any(String), traceId: expect.stringMatching(/^[0-9a-f]{32}$/) });
  }
  // A request to confirm an address belongs to no tenant.
  const tenants = new Set(ofHandlers.map((line) => line['tenantId'] ?? tenantId));
  expect(tenants).toEqual(new Set([tenantId]));
});

/** An event whose payload nobody can read. */
async function plantPoison({ sql }: Pick<System, 'sql'>, tenantId: string): Promise<void> {
  const payload = { ticketId: `${PLANTED} id`, [PLANTED]: contact };
  const event = { tenantId, occurredAt: new Date(), schemaVersion: 1, eventType: ticketCreated.type, payload };
  await transaction(sql, (tx) => append(tx, { event, origin: { traceparent } }));
}

interface Misdeeds {
  readonly token: string;
  readonly tenantId: string;
  /** The payment webhooks'. */
  readonly secret: string;
}

/** Requests that are refused or fail, with something planted in each part of them. */
async function misbehave({ sql, apiUrl }: Pick<System, 'sql' | 'apiUrl'>, { token, tenantId, secret: webhookSecret }: Misdeeds): Promise<void> {
  const json = { 'content-type': 'application/json' };
  const signed = { ...json, authorization: `Bearer ${token}`, 'idempotency-key': secret('key'), 'user-agent': PLANTED, cookie: `${PLANTED}=${PLANTED}`, 'x-forwarded-for': PLANTED, traceparent: PLANTED };
  const send = (path: string, headers: Record<string, string>, body?: string) =>
    fetch(`${apiUrl}${path}`, { method: body === undefined ? 'GET' : 'POST', headers, ...(body !== undefined && { body }) }).then(({ status }) => status);
  const report = JSON.stringify({ type: 'payment.failed', data: { paymentId: PLANTED, tenantId, amountMinor: 100, currency: 'MXN', reason: `${PLANTED} 4242` } });
  const timestamp = String(Math.floor(Date.now() / 1_000));
  const delivery = { ...json, 'webhook-id': PLANTED, 'webhook-timestamp': timestamp };
  const signature = signWebhook(webhookSecret, { deliveryId: PLANTED, timestamp, body: report });
  const answers = [
    await send('/tickets', signed, `{"contact": "${PLANTED}`),
    await send('/tickets', signed, JSON.stringify({ ...ticketBody(tenantId), [PLANTED]: PLANTED, contact: { ...contact, locale: PLANTED } })),
    await send(`/tickets/${PLANTED}/quotes?email=${PLANTED}`, signed),
    await send(`/${PLANTED}@example.com`, signed),
    await send('/notifications/me', { authorization: `Bearer ${PLANTED}.${PLANTED}.${PLANTED}` }),
    await send(`/unsubscribe/${randomUUID()}/${PLANTED}`, {}, PLANTED),
    await send('/backoffice/sign-in', { 'content-type': 'application/x-www-form-urlencoded' }, `token=${PLANTED}`),
    await send('/webhooks/payments/sandpay', { ...delivery, 'webhook-signature': `v1=${PLANTED}` }, report),
    await send('/webhooks/whatsapp', { ...json, 'x-hub-signature-256': `sha256=${PLANTED}` }, report),
    await send('/webhooks/payments/sandpay', { ...delivery, 'webhook-signature': signature }, report),
  ];
  expect(answers.map((status) => Math.floor(status / 100))).toEqual([4, 4, 4, 4, 4, 4, 4, 4, 4, 2]);
  await sql`alter table idempotency_key add constraint nothing_is_kept check (key = '') not valid`;
  expect(await send('/tickets', { ...signed, 'idempotency-key': secret('another') }, JSON.stringify({ ...ticketBody(tenantId), contact }))).toBe(500);
}
