import { expect, test } from 'vitest';
import { tenantCreated } from '../../../src/events/tenant-created.ts';
import { defineOutbound } from '../../../src/kernel/consumers/consumer.ts';
import { Permanent } from '../../../src/events/contract/errors.ts';
import { type Capacity, makeCapacity } from '../../../src/platform/capacity.ts';
import { Unavailable } from '../../../src/platform/unavailable.ts';
import { publishEvents } from '../../../src/outbox/publish.ts';
import { deliver } from '../../support/deliver.ts';
import { openSpine } from '../../support/spine.ts';
import { tenantJoined } from '../../support/tenant-joined.ts';
import { until } from '../../support/until.ts';

type TenantCreated = typeof tenantCreated;

/** An outbound consumer whose task is the event's id. */
const outbound = (perform: (eventId: string) => Promise<void>, facts: { concurrency?: number; capacity?: () => Capacity } = {}) =>
  defineOutbound<object, [TenantCreated], string, undefined>({
    name: 'subject', on: [tenantCreated], ...facts,
    claim: async (events) => new Map(events.map(({ eventId }) => [eventId, { state: 'mine', task: eventId }])),
    async perform(eventId) {
      await perform(eventId);
      return { end: undefined };
    },
    settle: async () => undefined,
  });

test('a task is performed once more when its consumption record is missing, and not when it is there', async () => {
  const performed: string[] = [];
  const subject = outbound(async (eventId) => void performed.push(eventId));
  const { ids, consumed, sql, enqueue } = await deliver(subject, 'one');
  await until('it is consumed', async () => (await consumed()).length === 1);
  await enqueue('subject', ids);
  await until('the second batch is handled', async () => (await sql`select from queued_batch`).length === 0);
  expect(performed).toEqual(ids);
  await sql`delete from consumed_event`;
  await enqueue('subject', ids);
  await until('it is consumed again', async () => (await consumed()).length === 1);
  expect(performed).toEqual([ids[0], ids[0]]);
});

test('a worker that takes none of the waiting work is reported stuck', async () => {
  const gate = Promise.withResolvers<void>();
  const subject = outbound(() => gate.promise, { concurrency: 1 });
  const spine = await openSpine({ consumers: [subject], ports: {}, canaryMs: 300 });
  for (let batch = 0; batch < 2; batch += 1) {
    await spine.commit(tenantJoined());
    await publishEvents(spine.relay);
  }
  spine.start();
  await until('the canary is dead', async () => spine.stuck.length > 0);
  expect(spine.stuck[0]).toBe('subject');
  gate.resolve();
});

test('a claim that fails takes no other with it', async () => {
  const performed: string[] = [];
  const subject = defineOutbound<object, [TenantCreated], string, undefined>({
    name: 'subject', on: [tenantCreated],
    async claim(events) {
      if (events.some(({ payload }) => payload.name === 'poison')) throw new Permanent('poison');
      return new Map(events.map(({ eventId }) => [eventId, { state: 'mine', task: eventId }]));
    },
    async perform(eventId) {
      performed.push(eventId);
      return { end: undefined };
    },
    settle: async () => undefined,
  });
  const { ids, consumed, dead } = await deliver(subject, 'one', 'poison', 'two');
  await until('all are consumed or dead', async () => (await consumed()).length + (await dead()).length === 3);
  expect(performed.toSorted()).toEqual([ids[0], ids[2]].toSorted());
  expect((await dead()).map(({ event_id }) => event_id)).toEqual([ids[1]]);
});

test('the outcome of a task commits with the consumption record, or neither does and the task is performed again', async () => {
  const settled: string[] = [];
  const subject = defineOutbound<object, [TenantCreated], string, string>({
    name: 'subject', on: [tenantCreated],
    claim: async (events) => new Map(events.map(({ eventId }) => [eventId, { state: 'mine', task: eventId }])),
    perform: async (eventId) => ({ end: `end of ${eventId}` }),
    async settle(ended, { tx }) {
      settled.push(...ended.map(({ end }) => end));
      await tx`insert into operator_action (id, operator_user_id, action, request, outcome, trace_id)
               select gen_random_uuid(), gen_random_uuid(), 'settled', '{}', '{}', 'x'`;
      if (settled.length === 1) throw new Error('late');
    },
  });
  const { ids, consumed, sql } = await deliver(subject, 'one');
  await until('it is consumed', async () => (await consumed()).length === 1);
  expect(settled).toEqual([`end of ${ids[0]}`, `end of ${ids[0]}`]);
  expect(await sql`select from operator_action`).toHaveLength(1);
});

test('a delivery that two batches carry at once is performed once: the claim puts the second off', async () => {
  const gate = Promise.withResolvers<void>();
  const performed: string[] = [];
  const putOff = { state: 'later', delayMs: 10, reason: 'it is being performed' } as const;
  const subject = defineOutbound<object, [TenantCreated], string, undefined>({
    name: 'subject', on: [tenantCreated],
    claim: async (events) =>
      new Map(events.map(({ eventId }) => [eventId, performed.includes(eventId) ? putOff : { state: 'mine', task: eventId }])),
    async perform(eventId) {
      performed.push(eventId);
      await gate.promise;
      return { end: undefined };
    },
    settle: async () => undefined,
  });
  const { enqueue, ids, sql, consumed } = await deliver(subject, 'one');
  await until('it is being performed', () => performed.length === 1);
  const batch = await enqueue('subject', ids);
  await until('the second batch is handled', async () => (await sql`select from queued_batch where id = ${batch}`).length === 0);
  gate.resolve();
  await until('it is consumed', async () => (await consumed()).length === 1);
  await until('nothing waits and no batch is left', async () =>
    (await sql`select event_id from waiting_delivery union all select id from queued_batch`).length === 0);
  expect(performed).toEqual(ids);
});

test('no more deliveries are under way than the capacity has room for, and all are consumed', async () => {
  const capacity = makeCapacity(() => 2);
  let [underWay, most] = [0, 0];
  const subject = outbound(async () => {
    underWay += 1;
    most = Math.max(most, underWay);
    await new Promise((resolve) => setImmediate(resolve));
    underWay -= 1;
  }, { capacity: () => capacity });
  const { consumed } = await deliver(subject, 'one', 'two', 'three', 'four', 'five');
  await until('all are consumed', async () => (await consumed()).length === 5);
  expect(most).toBe(2);
  expect(await capacity.take(2)).toBe(2);
});

test('an outage in the middle of a batch ends it: what was not begun waits without an attempt', async () => {
  const capacity = makeCapacity(() => 1);
  let [isAway, calls] = [true, 0];
  const subject = outbound(async () => {
    calls += 1;
    if (isAway) throw new Unavailable('the provider is away');
  }, { capacity: () => capacity });
  const { consumed, sql } = await deliver(subject, 'one', 'two', 'three', 'four');
  await until('all wait', async () => (await sql`select from waiting_delivery where reason = 'unavailable'`).length === 4);
  expect(calls).toBe(1);
  isAway = false;
  await until('all are consumed', async () => (await consumed()).length === 4);
  expect(await sql`select from delivery_failure`).toHaveLength(0);
});

test('a worker that stops leaves what it has not begun to others', async () => {
  const capacity = makeCapacity(() => 1);
  const gate = Promise.withResolvers<void>();
  const begun: string[] = [];
  const subject = outbound(async (eventId) => {
    begun.push(eventId);
    await gate.promise;
  }, { capacity: () => capacity });
  const { consumed, sql, stop, start } = await deliver(subject, 'one', 'two', 'three');
  await until('one is under way', () => begun.length === 1);
  const stopped = stop();
  gate.resolve();
  await stopped;
  expect(await consumed()).toEqual(begun.slice(0, 1));
  expect(await sql`select from delivery_failure`).toHaveLength(0);
  start();
  await until('all are consumed', async () => (await consumed()).length === 3);
});
