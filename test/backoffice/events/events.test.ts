import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createApp } from '../../../src/api/app.ts';
import type { Api } from '../../../src/api/http/context.ts';
import { contracts } from '../../../src/events/index.ts';
import { tenantCreated } from '../../../src/events/tenant-created.ts';
import { registerSubscribers } from '../../../src/outbox/subscriptions.ts';
import type { Sql } from '../../../src/platform/postgres.ts';
import { appDeps, json, signIn, untouchable } from '../../support/app.ts';
import { createDatabase } from '../../support/database.ts';
import { commit, consume, die, fail, publishAll } from '../../support/outbox-rows.ts';

const RETRY = '/backoffice/events/retry';

const subscribers = ['count', 'notify'].map((name) => ({ name, on: [tenantCreated] }));

/** A database with an operator at its app and two consumers of TenantCreated. */
async function setUp() {
  const { sql } = await createDatabase();
  await registerSubscribers(sql, contracts, subscribers);
  const app = createApp(appDeps(sql));
  return { sql, app, operator: await signIn(app, { roles: ['backoffice:write'] }) };
}

const statuses = async (sql: Sql) =>
  (await sql`select status from outbox_event order by id`).map((event) => String(event['status']));

const eightOperators = (app: Api) =>
  Promise.all(Array.from({ length: 8 }, () => signIn(app, { roles: ['backoffice:write'] })));

describe('the outbox’s list', () => {
  test('shows each event’s facts and how far it came at each consumer, without its payload', async () => {
    const { sql, operator } = await setUp();
    const [published, pending] = [await commit(sql), await commit(sql)];
    await sql`update outbox_event set status = 'published', published_at = now() where id = ${published}`;
    await consume(sql, 'count', published);
    await die(sql, 'notify', published);

    const { events, nextCursor } = await json(await operator.get('/backoffice/events/outbox'));
    expect(nextCursor).toBeNull();
    expect(events).toMatchObject([
      {
        eventId: pending, status: 'pending',
        deliveries: [{ consumer: 'count', state: 'unpublished' }, { consumer: 'notify', state: 'unpublished' }],
      },
      {
        eventId: published, eventType: 'TenantCreated', schemaVersion: 2, status: 'published',
        deliveries: [
          { consumer: 'count', state: 'consumed', attempts: 0, error: null },
          { consumer: 'notify', state: 'dead', consumedAt: null, attempts: 10, error: 'it broke' },
        ],
      },
    ]);
    expect(JSON.stringify(events)).not.toContain('Taller Ruiz');
  });

  test('is filtered by status, type, tenant and time, and read page by page', async () => {
    const { sql, operator } = await setUp();
    const tenantId = randomUUID();
    const ids = [await commit(sql, { tenantId }), await commit(sql), await commit(sql)];
    const [first = '', second = '', third = ''] = ids;
    await fail(sql, second);
    const list = async (query: string) => {
      const { events, nextCursor } = await json(await operator.get(`/backoffice/events/outbox?${query}`));
      return [(events as { eventId: string }[]).map(({ eventId }) => eventId), nextCursor];
    };
    expect(await list('status=failed')).toEqual([[second], null]);
    expect(await list(`tenantId=${tenantId.toUpperCase()}`)).toEqual([[first], null]);
    expect(await list('type=TicketCreated')).toEqual([[], null]);
    const yesterday = new Date(Date.now() - 86_400_000).toISOString();
    expect(await list(`from=${yesterday}`)).toEqual([ids.toReversed(), null]);
    expect(await list(`to=${yesterday}`)).toEqual([[], null]);
    const [page, cursor] = await list('limit=2');
    expect(page).toEqual([third, second]);
    expect(await list(`limit=2&cursor=${String(cursor)}`)).toEqual([[first], null]);
  });
});

describe('a retry', () => {
  test('gives a failed event back to the relay, once, and is on record', async () => {
    const { sql, operator } = await setUp();
    const id = await commit(sql);
    await fail(sql, id);
    const answer = await operator.post(RETRY, { eventIds: [id, id] });
    expect([answer.status, await json(answer)]).toEqual([200, { events: 1, deliveries: 0, unchanged: 0 }]);
    expect(await sql`select status, failure from outbox_event`).toEqual([{ status: 'pending', failure: null }]);
    expect(await sql`select operator_user_id, action, request, outcome from operator_action`).toEqual([
      {
        operator_user_id: operator.userId, action: 'retry-events', request: { by: 'id', eventIds: [id] },
        outcome: { events: 1, deliveries: 0, unchanged: 0 },
      },
    ]);
  });

  test('lets a dead delivery wait again, at its consumer only', async () => {
    const { sql, operator } = await setUp();
    const id = await commit(sql);
    await publishAll(sql);
    await consume(sql, 'count', id);
    await die(sql, 'notify', id);

    const answer = await operator.post(RETRY, { eventIds: [id] });
    expect(await json(answer)).toEqual({ events: 0, deliveries: 1, unchanged: 0 });
    const [dead] = await sql`select resolution, resolved_at from dead_letter`;
    expect(dead).toEqual({ resolution: 'retried', resolved_at: expect.any(Date) });
    expect(await sql`select consumer_name, event_id, reason from waiting_delivery`).toEqual([
      { consumer_name: 'notify', event_id: id, reason: 'replayed' },
    ]);
    const again = await operator.post(RETRY, { eventIds: [id] });
    expect([again.status, await json(again)]).toEqual([200, { events: 0, deliveries: 0, unchanged: 1 }]);
  });

  test('never keeps the sweep from what it has still to look at', async () => {
    const { sql, operator } = await setUp();
    const id = await commit(sql);
    await publishAll(sql);
    await die(sql, 'notify', id);
    const before = await sql`select name, verified_id from consumer order by name`;
    await operator.post(RETRY, { eventIds: [id] });
    expect(await sql`select name, verified_id from consumer order by name`).toEqual(before);
  });

  test('of what was consumed everywhere changes nothing', async () => {
    const { sql, operator } = await setUp();
    const id = await commit(sql);
    await publishAll(sql);
    await consume(sql, 'count', id);
    await consume(sql, 'notify', id);
    const before = await sql`select * from outbox_event`;
    const answer = await operator.post(RETRY, { eventIds: [id] });
    expect([answer.status, await json(answer)]).toEqual([200, { events: 0, deliveries: 0, unchanged: 1 }]);
    expect(await sql`select * from outbox_event`).toEqual(before);
  });

  test('does nothing to any event when one is pending or unknown', async () => {
    const { sql, operator } = await setUp();
    const [failed, pending] = [await commit(sql), await commit(sql)];
    await fail(sql, failed);
    const waiting = await operator.post(RETRY, { eventIds: [failed, pending] });
    expect([waiting.status, await json(waiting)]).toMatchObject([409, { errors: [{ pointer: '/eventIds/1' }] }]);
    const unknown = await operator.post(RETRY, { eventIds: [failed, randomUUID()] });
    expect([unknown.status, await json(unknown)]).toMatchObject([404, { errors: [{ pointer: '/eventIds/1' }] }]);
    expect(await statuses(sql)).toEqual(['failed', 'pending']);
    expect(await sql`select 1 from operator_action`).toHaveLength(0);
  });

  test('by filter takes the oldest failed events up to its limit', async () => {
    const { sql, operator } = await setUp();
    for (let made = 0; made < 3; made += 1) await fail(sql, await commit(sql));
    const answer = await operator.post(RETRY, { filter: { status: 'failed', type: 'TenantCreated' }, limit: 2 });
    expect(await json(answer)).toEqual({ events: 2, deliveries: 0, unchanged: 0 });
    expect(await statuses(sql)).toEqual(['pending', 'pending', 'failed']);
  });

  test('of failed events by many operators at once is one operator’s; the others are told that they wait', async () => {
    const { sql, app } = await setUp();
    const eventIds = [await commit(sql), await commit(sql)];
    for (const id of eventIds) await fail(sql, id);
    const operators = await eightOperators(app);
    const answers = await Promise.all(operators.map((operator) => operator.post(RETRY, { eventIds })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409, 409, 409, 409]);
  });

  test('of dead deliveries by many operators at once has one effect', async () => {
    const { sql, app } = await setUp();
    const ids: string[] = [];
    for (let made = 0; made < 20; made += 1) ids.push(await commit(sql));
    await publishAll(sql);
    for (const id of ids) await die(sql, 'notify', id);
    const operators = await eightOperators(app);
    const answers = await Promise.all(operators.map((operator) => operator.post(RETRY, { eventIds: ids })));
    const outcomes = await Promise.all(answers.map(json));
    expect(outcomes.map(({ deliveries }) => deliveries).sort()).toEqual([0, 0, 0, 0, 0, 0, 0, 20]);
  });

  test('by filter, by many operators at once, gives each event back once', async () => {
    const { sql, app } = await setUp();
    for (let made = 0; made < 20; made += 1) await fail(sql, await commit(sql));
    const operators = await eightOperators(app);
    const body = { filter: { status: 'failed' } };
    const answers = await Promise.all(operators.map((operator) => operator.post(RETRY, body)));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    const outcomes = await Promise.all(answers.map(json));
    expect(outcomes.reduce((sum, { events }) => sum + Number(events), 0)).toBe(20);
  });

  test.each([
    ['no ids', { eventIds: [] }],
    ['501 ids', { eventIds: Array.from({ length: 501 }, () => randomUUID()) }],
    ['a filter for what has not failed', { filter: { status: 'published' } }],
    ['a filter of everything', { filter: {} }],
    ['a limit of 501', { filter: { status: 'failed' }, limit: 501 }],
    ['a type in the present tense’s spelling', { filter: { status: 'failed', type: 'create-tenant' } }],
    ['an instant without its zone', { filter: { status: 'failed', from: '2026-02-28T00:00:00' } }],
  ])('with %s is refused', async (_what, body) => {
    const operator = await signIn(createApp(appDeps(untouchable)), { roles: ['backoffice:write'] });
    expect((await operator.post(RETRY, body)).status).toBe(422);
  });
});

test('a retry by filter takes the events that its preview showed, or none', async () => {
  const { sql, operator } = await setUp();
  const [first, second, third] = [await commit(sql), await commit(sql), await commit(sql)];
  await fail(sql, first);
  await fail(sql, second);
  const shown = await json(await operator.get('/backoffice/events/failed'));
  expect(shown).toEqual({ count: 2, digest: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown });
  await operator.post(RETRY, { eventIds: [first] });
  await fail(sql, third);
  const asked = { filter: { status: 'failed' } };
  expect((await operator.post(RETRY, { ...asked, digest: shown['digest'] })).status).toBe(409);
  expect(await statuses(sql)).toEqual(['pending', 'failed', 'failed']);
  const { digest } = await json(await operator.get('/backoffice/events/failed'));
  expect(await json(await operator.post(RETRY, { ...asked, digest }))).toMatchObject({ events: 2 });
});
