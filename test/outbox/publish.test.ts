import { expect, test } from 'vitest';
import { tenantCreated } from '../../src/events/tenant-created.ts';
import { defineOutbound, defineReaction } from '../../src/kernel/consumers/consumer.ts';
import type { Lane } from '../../src/events/contract/event.ts';
import { nameOf } from '../../src/outbox/batch.ts';
import { publishEvents } from '../../src/outbox/publish.ts';
import { insertWaiting } from '../../src/outbox/waiting.ts';
import { figures } from '../support/figures.ts';
import { openSpine } from '../support/spine.ts';
import { tenantJoined } from '../support/tenant-joined.ts';

type TenantCreated = typeof tenantCreated;
const reaction = (name: string, facts: { batchLimit?: number } = {}) =>
  defineReaction<object, [TenantCreated]>({ name, on: [tenantCreated], ...facts, handle: async () => undefined });
const outbound = defineOutbound<object, [TenantCreated], string, undefined>({
  name: 'outbound', on: [tenantCreated],
  claim: async () => new Map(), perform: async () => ({ end: undefined }), settle: async () => undefined,
});
const joined = (count: number, lane: Lane = 'normal') => Array.from({ length: count }, () => ({ ...tenantJoined(), lane }));

async function publishing(...args: Parameters<typeof openSpine<object>>) {
  const spine = await openSpine(...args);
  /** Deliveries of each batch in a queue, with the batch's name and lane. */
  const batches = async (consumer: string) => {
    const jobs = await spine.queue(consumer).getJobs(['waiting']);
    return jobs.map(({ name, data: { eventIds, types, lane } }) => ({ name, lane, types, deliveries: eventIds.length }));
  };
  const waiting = () => spine.sql<{ consumer: string; reason: string; lane: Lane; deliveries: number }[]>`
    select consumer_name as consumer, reason, lane, count(*)::integer as deliveries from waiting_delivery group by 1, 2, 3 order by 1, 3
  `;
  return { ...spine, batches, waiting };
}

test('one publication makes one batch for each consumer and lane, which says what it carries', async () => {
  const { commit, relay, batches, sql } = await publishing({ consumers: [reaction('first'), reaction('second')], ports: {} });
  const ids = await commit(...joined(3), ...joined(2, 'urgent'));
  expect(await publishEvents(relay)).toMatchObject({ events: 5, waiting: 0 });
  for (const consumer of ['first', 'second']) {
    const found = await batches(consumer);
    expect(found).toHaveLength(2);
    expect(found).toEqual(expect.arrayContaining([
      { name: 'TenantCreated × 3', lane: 'normal', types: { TenantCreated: 3 }, deliveries: 3 },
      { name: 'TenantCreated × 2', lane: 'urgent', types: { TenantCreated: 2 }, deliveries: 2 },
    ]));
  }
  const rows = await sql<{ id: string }[]>`select unnest(event_ids) as id from queued_batch where consumer_name = 'first'`;
  expect(rows.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
});

test('bulk batches leave half of the room that is always there to the others', async () => {
  const { commit, relay, batches, waiting } = await publishing({ consumers: [reaction('first', { batchLimit: 1 })], ports: {} });
  await commit(...joined(3, 'bulk'));
  await publishEvents(relay);
  expect(await batches('first')).toHaveLength(2);
  expect(await waiting()).toEqual([{ consumer: 'first', reason: 'no room', lane: 'bulk', deliveries: 1 }]);
  await commit(...joined(2));
  await publishEvents(relay);
  expect(await batches('first')).toHaveLength(4);
});

test('an urgent batch stands before the others in its queue', async () => {
  const { commit, relay, queue } = await publishing({ consumers: [reaction('first')], ports: {} });
  await commit(...joined(1));
  await publishEvents(relay);
  await commit(...joined(1, 'urgent'));
  await publishEvents(relay);
  const [next] = await queue('first').getJobs(['waiting'], 0, 0, true);
  expect(next?.data.lane).toBe('urgent');
});

test('a batch carries no more deliveries than its consumer’s limit: 25 of an outbound consumer, 500 of a reaction', async () => {
  const consumers = [outbound, reaction('seven', { batchLimit: 7 }), reaction('usual')];
  const { commit, relay, batches, sql } = await publishing({ consumers, ports: {} });
  expect(await sql`select name, batch_limit from consumer order by name`).toEqual([
    { name: 'outbound', batch_limit: 25 }, { name: 'seven', batch_limit: 7 }, { name: 'usual', batch_limit: 500 },
  ]);
  await commit(...joined(26));
  await publishEvents(relay);
  const sizes = async (consumer: string) => (await batches(consumer)).map(({ deliveries }) => deliveries).toSorted((a, b) => b - a);
  expect(await sizes('outbound')).toEqual([25, 1]);
  expect(await sizes('seven')).toEqual([7, 7, 7, 5]);
  expect(await sizes('usual')).toEqual([26]);
});

test('a batch is named after its types, the most frequent first, and a long name is cut', () => {
  expect(nameOf({ types: { TenantCreated: 1, QuoteSent: 12 } })).toBe('QuoteSent × 12, TenantCreated');
  const many = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`SomeEventType${index}`, 1]));
  expect(nameOf({ types: many })).toHaveLength(100);
});

test('a queue never holds more batches than its depth; the deliveries beyond wait for room, of urgent events too', async () => {
  const { commit, relay, queue, waiting } = await publishing({ consumers: [reaction('first')], ports: {}, queueDepth: 6 });
  for (let batch = 0; batch < 10; batch += 1) {
    await commit(...joined(1));
    await publishEvents(relay);
  }
  expect(await queue('first').getWaitingCount()).toBe(6);
  expect(await waiting()).toEqual([{ consumer: 'first', reason: 'no room', lane: 'normal', deliveries: 4 }]);
  await commit(...joined(1, 'urgent'));
  await publishEvents(relay);
  expect(await queue('first').getWaitingCount()).toBe(6);
  expect(await waiting()).toContainEqual({ consumer: 'first', reason: 'no room', lane: 'urgent', deliveries: 1 });
});

test('a full queue holds up no other consumer', async () => {
  const { commit, relay, batches, enqueue, waiting } = await publishing({ consumers: [reaction('first'), reaction('second')], ports: {}, queueDepth: 4 });
  for (let batch = 0; batch < 4; batch += 1) await enqueue('first', [crypto.randomUUID()]);
  await commit(...joined(1));
  await publishEvents(relay);
  expect(await batches('second')).toHaveLength(1);
  expect(await waiting()).toEqual([{ consumer: 'first', reason: 'no room', lane: 'normal', deliveries: 1 }]);
});

test.for<[string, Lane, number, Lane, boolean]>([
  ['waits behind a due delivery of its lane', 'normal', 0, 'normal', true],
  ['waits behind a due delivery of a lane before its own', 'urgent', 0, 'normal', true],
  ['overtakes the due deliveries of a later lane', 'normal', 0, 'urgent', false],
  ['overtakes deliveries whose time has yet to come', 'normal', 60_000, 'normal', false],
])('a delivery %s', async ([, before, delayMs, lane, waits]) => {
  const { commit, relay, sql, batches, waiting } = await publishing({ consumers: [reaction('first')], ports: {} });
  const earlier = { consumer: 'first', eventId: crypto.randomUUID(), eventType: 'TenantCreated', reason: 'retry', lane: before, tenantId: undefined, delayMs } as const;
  await insertWaiting(sql, [earlier]);
  await commit(...joined(1, lane));
  await publishEvents(relay);
  expect(await batches('first')).toHaveLength(waits ? 0 : 1);
  expect((await waiting()).filter(({ reason }) => reason === 'no room')).toHaveLength(waits ? 1 : 0);
});

test('two publishers at once publish each event once', async () => {
  const { commit, relay, sql } = await publishing({ consumers: [reaction('first')], ports: {} });
  await commit(...joined(2_000));
  const published = await Promise.all(
    Array.from({ length: 4 }, async () => {
      let sum = 0;
      for (let events = -1; events !== 0; sum += events) ({ events } = await publishEvents(relay));
      return sum;
    }),
  );
  expect(published.reduce((sum, events) => sum + events, 0)).toBe(2_000);
  const [places] = await sql`
    select count(*)::integer as deliveries, count(distinct id)::integer as events from (
      select unnest(event_ids) as id from queued_batch union all select event_id from waiting_delivery
    ) as place
  `;
  expect(places).toEqual({ deliveries: 2_000, events: 2_000 });
});

test('an event’s way to its queue is timed by the database’s clock alone', async () => {
  const { sql, relay, registry, commit } = await publishing({ consumers: [reaction('first')], ports: {} });
  await commit(...joined(2));
  await sql`update outbox_event set created_at = now() - interval '1 hour'`;
  await publishEvents(relay);
  const { commit_to_publish_seconds_sum: sum, commit_to_publish_seconds_count: count } = figures(await registry.metrics());
  expect(count).toBe(2);
  expect(sum).toBeCloseTo(7_200, -2);
});
