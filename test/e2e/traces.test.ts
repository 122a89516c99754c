import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startChannels } from '../../dev/sandbox/channels.ts';
import { type CollectedSpan, startTraceCollector } from '../../dev/sandbox/trace-collector.ts';
import { evidence, tenantBody, ticketBody } from '../support/app.ts';
import { quoteBody } from '../support/service.ts';
import { post, settled, someone, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

const PLANTED = 'plantedsecret';
const PHONE = '+525598761234';

/** The Procfile's processes with every channel, whose spans are all recorded by a collector. */
async function traced() {
  const folder = mkdtempSync(join(tmpdir(), 'columna-traces-'));
  const channels = await startChannels(folder);
  const collector = await startTraceCollector();
  onTestFinished(async () => {
    await Promise.all([channels[Symbol.asyncDispose](), collector[Symbol.asyncDispose]()]);
    rmSync(folder, { recursive: true });
  });
  const env = { ...channels.env, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_TRACES_SAMPLER_ARG: '1' };
  const system = await startSystem({ formation: { web: 1, relay: 1, worker: 1 }, env });
  return { ...system, channels, collector };
}

type Traced = Awaited<ReturnType<typeof traced>>;

/** A verified tenant, and a customer who is reached by every channel; all of their names and addresses are planted. */
async function reachable(system: Traced) {
  const [owner, customer] = [someone(), someone()].map(({ userId, ...person }) =>
    ({ ...person, userId, contact: { name: `${PLANTED} Ruiz`, email: `${PLANTED}.${userId}@example.com`, locale: 'es' } }));
  if (owner === undefined || customer === undefined) throw new Error('nobody');
  const act = (token: string, path: string, body: object) => post(system, { token, path, body });
  const operator = await system.issueToken(someone(), { roles: ['backoffice:write'] });
  const founder = await system.issueToken(owner, { roles: ['user'] });
  const tenantId = await act(founder, '/tenants', { ...tenantBody, name: `${PLANTED} S.L.`, contact: owner.contact });
  await act(operator, `/tenants/${tenantId}/verify`, evidence);
  const token = await system.issueToken({ ...customer, phone: PHONE }, { roles: ['user'] });
  await act(token, '/users/me/contact', customer.contact);
  await act(token, '/users/me/whatsapp', { phone: PHONE, optIn: true });
  await act(token, '/users/me/devices', { platform: 'fcm', token: `${PLANTED}-app` });
  await act(token, '/users/me/devices', { platform: 'web', ...system.channels.webPush.subscribe() });
  const owning = await system.issueToken(owner, { roles: ['tenant'], tenantId });
  await settled(system);
  return { act, tenantId, customer: { ...customer, token }, owning };
}

const isOf = (facts: Partial<CollectedSpan>) => (span: CollectedSpan) =>
  Object.entries(facts).every(([key, value]) => span[key as keyof CollectedSpan] === value);

/** The names from a span up to its trace's root, as `KIND name`. */
function pathOf(spans: readonly CollectedSpan[], span: CollectedSpan | undefined): readonly string[] {
  if (span === undefined) return [];
  const parent = spans.find(isOf({ traceId: span.traceId, spanId: span.parentSpanId }));
  return [`${span.kind} ${span.name}`, ...pathOf(spans, parent)];
}

test('one trace leads from a request through the outbox, the relay, the queues and the consumers to each provider and its report', async () => {
  const system = await traced();
  const { channels, collector, mailbox, lines, apiUrl, secret } = system;
  const { spans } = collector;
  const { act, tenantId, customer, owning } = await reachable(system);
  const ticketId = await act(customer.token, '/tickets', {
    ...ticketBody(tenantId), subject: `${PLANTED} subject`, description: `${PLANTED} text`, contact: customer.contact,
  });
  await act(owning, `/tickets/${ticketId}/quotes`, quoteBody());
  await settled(system);
  const message = await until('WhatsApp has the message', () => channels.whatsApp.accepted[0]);
  expect(await channels.whatsApp.report(`${apiUrl}/webhooks/whatsapp?${PLANTED}`, message, ['delivered', 'failed'])).toEqual([200, 200]);
  await settled(system);
  await system.stop(); // what was not sent yet is sent now

  const find = (facts: Partial<CollectedSpan>) => spans.filter(isOf(facts));
  const server = (name: string) => find({ kind: 'SERVER', name }).at(-1);
  const traceOf = (name: string) => server(name)?.traceId ?? 'none';
  const ticket = traceOf('POST /tickets');
  const quote = traceOf('POST /tickets/:id/quotes');
  const requested = (channel: string) => [
    `CONSUMER process deliver-${channel}`, `PRODUCER publish deliver-${channel}`, 'CONSUMER process notify',
  ];
  const ofTicket = ['PRODUCER publish notify', 'SERVER POST /tickets'];
  const ofQuote = ['PRODUCER publish notify', 'SERVER POST /tickets/:id/quotes'];

  const paths = (traceId: string, facts: Partial<CollectedSpan>) => [...new Set(find({ traceId, ...facts }).map((span) => pathOf(spans, span).join(' < ')))];
  expect(paths(ticket, { name: 'SMTP send' })).toEqual([
    ['CLIENT SMTP send', ...requested('email'), ...ofTicket].join(' < '),
  ]);
  const pushes = ['CLIENT POST', ...requested('push'), ...ofTicket].join(' < ');
  expect(paths(ticket, { name: 'POST' })).toEqual([pushes]);
  const hosts = find({ traceId: ticket, name: 'POST' }).map(({ attributes }) => `http://${attributes['server.address']}`);
  expect(new Set(hosts)).toEqual(new Set([channels.fcm.url, channels.webPush.url]));
  expect(paths(quote, { name: 'POST' })).toContain(
    ['CLIENT POST', ...requested('whatsapp'), ...ofQuote].join(' < '),
  );
  expect(new Set(find({ traceId: ticket }).map(({ service }) => service))).toEqual(
    new Set(['columna-web', 'columna-relay', 'columna-worker']),
  );

  // The provider's report stands in the attempt's trace and in its own, linked both ways.
  const webhooks = find({ name: 'POST /webhooks/whatsapp', kind: 'SERVER' });
  const reports = find({ name: 'receive whatsapp', kind: 'CONSUMER' });
  expect(reports.map((report) => [report.traceId, pathOf(spans, report).at(-1)])).toEqual([
    [quote, ofQuote.at(-1)], [quote, ofQuote.at(-1)],
  ]);
  const place = ({ traceId, spanId }: CollectedSpan) => ({ traceId, spanId });
  expect(reports.map(({ links }) => links)).toEqual(webhooks.map((webhook) => [place(webhook)]));
  expect(webhooks.map(({ links }) => links)).toEqual(reports.map((report) => [place(report)]));

  // What is asked of PostgreSQL and Redis is told below whatever asks.
  const parents = (facts: Partial<CollectedSpan>) => new Set(find(facts).map((span) => pathOf(spans, span)[1]));
  expect(parents({ traceId: ticket, name: 'INSERT outbox_event' })).toContain('SERVER POST /tickets');
  expect(parents({ traceId: ticket, name: 'INSERT outbox_event' })).toContain('CONSUMER process notify');
  // A rate limit asks Redis at a user's first request only.
  expect([...parents({ name: 'EVALSHA' })]).toContainEqual(expect.stringMatching(/^SERVER /));
  const [insert] = find({ traceId: ticket, name: 'INSERT outbox_event' });
  expect(insert?.attributes['db.query.text']).toMatch(/insert into outbox_event \(.* values \( \$1::uuid,/);

  const logged = lines.map(({ text }) => JSON.parse(text) as Readonly<Record<string, unknown>>);
  const told = logged.find(({ msg, route }) => msg === 'request' && route === '/tickets');
  expect(told?.['traceId']).toBe(ticket);
  expect(mailbox.messages).not.toHaveLength(0);

  const subscription = channels.webPush.accepted[0]?.subscriptionId ?? '';
  const planted = [PLANTED, PHONE.slice(1), subscription, secret, ...channels.secrets, customer.token, 'Bearer'];
  expect(collector.posts.filter((text) => planted.some((secretText) => text.includes(secretText)))).toEqual([]);
});
