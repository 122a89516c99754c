import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { createApp } from '../../../src/api/app.ts';
import { eventFor, factsFor, mayKnow } from '../../../src/api/http/personal-data.ts';
import { ticketCreated } from '../../../src/events/ticket-created.ts';
import { contracts } from '../../../src/events/index.ts';
import { append } from '../../../src/outbox/append.ts';
import { registerSubscribers } from '../../../src/outbox/subscriptions.ts';
import { transaction } from '../../../src/platform/transaction.ts';
import { registerJobs } from '../../../src/kernel/jobs/job-runs.ts';
import { recordOperatorAction } from '../../../src/store/operations/operator-actions.ts';
import { documentsInPostgres } from '../../../src/documents/postgres-store.ts';
import { appDeps, type Client, idOf, json, signIn, ticketBody, verifiedTenant } from '../../support/app.ts';
import { createDatabase } from '../../support/database.ts';
import { signInOperator } from '../../support/operator.ts';
import { die } from '../../support/outbox-rows.ts';
import { quoteBody } from '../../support/service.ts';

const NAME = 'Plantada';
const MAIL = 'planted.nora@example.com';
const PHONE = '+52 55 9876 1234';
const PLANTED = [NAME, MAIL, PHONE, '98761234'];
const OLD_MS = 120_000; // the feed is a minute behind

/** An event, its dead letter, its notification, a webhook and an action, all of which name a person. */
async function setUp() {
  const { sql } = await createDatabase();
  const documents = documentsInPostgres(sql);
  await registerSubscribers(sql, contracts, [{ name: 'notify', on: [ticketCreated] }]);
  const app = createApp(appDeps(sql, { documents }));
  const userId = randomUUID();
  const payload = {
    ticketId: randomUUID(), customerUserId: userId, tenantOwnerUserId: randomUUID(), tenantName: `${NAME} S.L.`, subject: `Llamen a ${NAME}, ${MAIL} o ${PHONE}`,
  };
  const event = ticketCreated({ tenantId: randomUUID(), occurredAt: new Date('2026-03-01T10:00:00Z'), payload });
  const [written = ''] = await transaction(sql, (tx) => append(tx, { event, origin: {} }));
  const eventId = uuidv7({ msecs: Date.now() - OLD_MS });
  await sql`delete from pending_event`;
  await sql`update outbox_event set id = ${eventId}, status = 'failed', failure = ${`refused for ${MAIL}`} where id = ${written}`;
  await die(sql, 'notify', eventId, `550 5.1.1 <${MAIL}> unknown, call ${PHONE}`);
  const notificationId = uuidv7();
  await sql`
    insert into notification (id, event_id, user_id, channel, template, template_version, locale, payload, body, status, reason)
    values (${notificationId}, ${eventId}, ${userId}, 'email', 'ticket-created', 1, 'es', ${sql.json(payload)}, ${NAME}, 'failed', ${`rejected <${MAIL}>`})
  `;
  await sql`
    insert into notification_decision (event_id, user_id, channel, rule, verdict, detail)
    values (${eventId}, ${userId}, 'email', 'operator', 'sent again', ${`told ${MAIL}`})
  `;
  await documents.storeWebhook({
    provider: 'whatsapp', deliveryId: 'wh_1', rawBody: Buffer.from(JSON.stringify({ text: { body: payload.subject }, from: 5255_9876_1234 })),
    headers: {}, verdict: 'valid', receivedAt: new Date(),
  });
  await registerJobs(sql, ['run-replays']);
  await sql`
    insert into job_run (job_name, scheduled_for, outcome, reason) values ('run-replays', '2026-03-01T10:00:00Z', 'failed', ${`no room for ${MAIL}`})
  `;
  const actionId = await recordOperatorAction(sql, {
    operatorUserId: randomUUID(), action: 'change-queue', outcome: {}, traceId: 'a'.repeat(32),
    request: { reason: `asked by ${MAIL}`, body: JSON.stringify({ data: payload }) },
  });
  const places = [
    '/backoffice/events/outbox', '/backoffice/events/cloudevents', '/backoffice/notifications',
    `/backoffice/notifications/explain?eventId=${eventId}&userId=${userId}`, '/backoffice/jobs', '/backoffice/jobs/run-replays/runs', '/backoffice/templates',
  ];
  const pages = [
    '/backoffice', '/backoffice/ui/events', `/backoffice/ui/events/${eventId}`, '/backoffice/ui/dead-letters', '/backoffice/ui/dead-letters?consumer=notify',
    '/backoffice/ui/dead-letters/retry', '/backoffice/ui/notifications', `/backoffice/ui/notifications/resend?id=${notificationId}`,
    `/backoffice/ui/notifications/explain?eventId=${eventId}&userId=${userId}`, '/backoffice/ui/webhooks', '/backoffice/ui/webhooks/whatsapp/wh_1',
    '/backoffice/ui/actions', `/backoffice/ui/actions/${actionId}`, '/backoffice/ui/replays', '/backoffice/ui/jobs/run-replays',
  ];
  return { sql, app, eventId, payload, places, pages };
}

type World = Awaited<ReturnType<typeof setUp>>;

/** Texts that an operator of a role reads at every place. */
async function everything({ app, places, pages }: World, role: 'backoffice:read' | 'backoffice:write') {
  const client = await signIn(app, { roles: [role] });
  const operator = await signInOperator(app, role);
  const texts = new Map<string, string>();
  for (const path of places) texts.set(path, await (await client.get(path)).text());
  for (const path of pages) texts.set(path, await operator.read(path));
  const asked = { locale: 'es', channel: 'email', version: 1, lastEvents: 5 };
  texts.set('preview', await (await client.post('/backoffice/templates/ticket-created/preview', asked)).text());
  return texts;
}

describe('an operator who may only read', () => {
  test('sees nobody’s name, address or number, wherever they look; who may write sees them', async () => {
    const world = await setUp();
    const [masked, whole] = [await everything(world, 'backoffice:read'), await everything(world, 'backoffice:write')];
    for (const [place, text] of masked) {
      expect([place, PLANTED.filter((planted) => text.includes(planted))]).toEqual([place, []]);
    }
    const telling = [...whole].filter(([, text]) => PLANTED.some((planted) => text.includes(planted))).map(([place]) => place);
    expect(telling.length).toBeGreaterThan(10);
    expect(telling).toEqual(expect.arrayContaining(['/backoffice/events/cloudevents', '/backoffice/events/outbox', '/backoffice/notifications']));
  });

  test('still reads ids, times and words of the contract in an event', async () => {
    const { app, payload } = await setUp();
    const reader = await signIn(app, { roles: ['backoffice:read'] });
    const [event] = (await (await reader.get('/backoffice/events/cloudevents')).json()) as [{ readonly data: Record<string, string>; readonly time: string }];
    const { ticketId, customerUserId } = payload;
    expect(event).toMatchObject({ time: '2026-03-01T10:00:00.000Z', data: { ticketId, customerUserId, tenantName: 'P••••••• S•••' } });
  });

  test('reads one event whole by revealing it, on record with the reason', async () => {
    const { sql, app, eventId, payload } = await setUp();
    const reader = await signIn(app, { roles: ['backoffice:read'] });
    const path = `/backoffice/events/${eventId}/reveal`;
    const before = (await sql`select from operator_action`).length;
    for (const body of [{}, { reason: ' ' }]) expect((await reader.post(path, body)).status).toBe(422);
    expect((await (await signIn(app)).post(path, { reason: 'r' })).status).toBe(403);
    expect((await reader.post(`/backoffice/events/${uuidv7()}/reveal`, { reason: 'r' })).status).toBe(404);
    expect(await sql`select from operator_action`).toHaveLength(before);

    const revealed = await json(await reader.post(path, { reason: 'ticket 4711' }));
    expect(revealed).toMatchObject({ event: { id: eventId, type: 'ai.techmarket.TicketCreated.v1', subject: payload.ticketId, data: payload } });
    expect(await sql`select operator_user_id, request from operator_action where action = 'reveal-event'`).toEqual([
      { operator_user_id: reader.userId, request: { eventId, reason: 'ticket 4711' } },
    ]);
    expect(JSON.stringify(await sql`select answer from idempotency_key`)).not.toContain(NAME);
  });
});

test('a ticket is whole for its parties and for who may write; another reader sees what was written masked', async () => {
  const { sql } = await createDatabase();
  const app = createApp(appDeps(sql));
  const { tenantId, owner } = await verifiedTenant(app);
  const customer = await signIn(app, { roles: ['user', 'backoffice:read'] });
  const ticketId = await idOf(await customer.post('/tickets', { ...ticketBody(tenantId), subject: `De ${NAME}`, description: `${MAIL} ${PHONE}` }));
  await owner.post(`/tickets/${ticketId}/quotes`, { ...quoteBody(), lines: [{ description: `Casa de ${NAME}`, quantity: 1, unitPriceMinor: 100 }] });
  const read = async (client: Client) =>
    (await Promise.all(['', '/quotes'].map(async (part) => (await client.get(`/tickets/${ticketId}${part}`)).text()))).join('');
  const [writer, reader, both] = await Promise.all(
    (['backoffice:write', 'backoffice:read', 'backoffice:read'] as const).map((role, at) => signIn(app, { roles: at === 2 ? ['user', role] : [role] })));
  for (const client of [customer, owner, writer]) expect(client && (await read(client))).toContain(NAME);
  for (const client of [reader, both]) {
    const text = client && (await read(client));
    expect(PLANTED.filter((planted) => text?.includes(planted))).toEqual([]);
    expect(text).toContain(ticketId);
  }
});

test('operators who may write know, and no others', () => {
  expect(mayKnow({ roles: new Set(['backoffice:read']) })).toBe(false);
  expect(mayKnow({ roles: new Set(['user', 'tenant', 'frontend']) })).toBe(false);
  expect(mayKnow({ roles: new Set(['backoffice:read', 'backoffice:write']) })).toBe(true);
});

test.each([
  ['550 5.1.1 <ana@example.com> unknown', '550 5.1.1 <•••••••••••••••• unknown'],
  ['call +52 55 9876 1234 now', 'call +••••••••••••••• now'],
  ['no contact', 'no contact'],
  ['event 0190a1b2-1234-7123-8123-123456789012 at 2026-03-01T10:00:00.000Z', 'event 0190a1b2-1234-7123-8123-123456789012 at 2026-03-01T10:00:00.000Z'],
])('of what a system said, %j, a reader sees %j', (error, shown) => {
  expect(factsFor({ roles: new Set(['backoffice:read']) }, { rows: [{ error, at: new Date(0) }] })).toEqual({ rows: [{ error: shown, at: new Date(0) }] });
  expect(factsFor({ roles: new Set(['backoffice:write']) }, { error })).toEqual({ error });
});

test('texts of an event that no contract knows are masked, all of them', () => {
  const event = { eventType: 'NobodyKnows', payload: { id: randomUUID(), list: ['Ana', { name: 'Luis' }], count: 3, none: null } };
  const masked = eventFor({ roles: new Set(['backoffice:read']) }, event);
  expect(JSON.stringify(masked)).not.toMatch(/Ana|Luis/);
  expect(masked.payload).toMatchObject({ count: 3, none: null });
});
