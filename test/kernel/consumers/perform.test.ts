import { expect, test } from 'vitest';
import { tenantCreated } from '../../../src/events/tenant-created.ts';
import { defineOutbound } from '../../../src/kernel/consumers/consumer.ts';
import { Permanent } from '../../../src/kernel/errors.ts';
import { relayBatch } from '../../../src/outbox/relay.ts';
import { deliver } from '../../support/deliver.ts';
import { openSpine } from '../../support/spine.ts';
import { tenantJoined } from '../../support/tenant-joined.ts';
import { until } from '../../support/until.ts';

type TenantCreated = typeof tenantCreated;

/** An effect whose task is the event's id. */
const effect = (perform: (eventId: string) => Promise<void>, facts: { concurrency?: number } = {}) =>
  defineOutbound<object, [TenantCreated], string, undefined>({
    name: 'subject', on: [tenantCreated], ...facts,
    claim: async (events) => new Map(events.map(({ eventId }) => [eventId, { state: 'mine', task: eventId }])),
    async perform(eventId) {
      await perform(eventId);
      return { end: undefined };
    },
    settle: async () => undefined,
  });

test('an effect is performed once more when its proof was not written, and not when it was', async () => {
  const performed: string[] = [];
  const subject = effect(async (eventId) => void performed.push(eventId));
  const { ids, consumed, sql, queue } = await deliver(subject, 'one');
  await until('it is consumed', async () => (await consumed()).length === 1);
  await queue('subject').add('again', { eventId: ids[0] as string }, { jobId: `${ids[0]}_1` });
  await until('the copy is gone', async () => (await queue('subject').getJobCounts('waiting', 'active', 'delayed'))['active'] === 0 && (await queue('subject').getWaitingCount()) === 0);
  expect(performed).toEqual(ids);
  await sql`delete from consumed_event`;
  await queue('subject').add('again', { eventId: ids[0] as string }, { jobId: `${ids[0]}_2` });
  await until('it is consumed again', async () => (await consumed()).length === 1);
  expect(performed).toEqual([ids[0], ids[0]]);
});

test('a worker that takes none of the waiting work is reported stuck', async () => {
  const gate = Promise.withResolvers<void>();
  const subject = effect(() => gate.promise, { concurrency: 1 });
  const spine = await openSpine({ consumers: [subject], ports: {}, canaryMs: 300 });
  await spine.commit(tenantJoined(), tenantJoined());
  await relayBatch(spine.relay);
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

test('what became of a task commits with its proof, or both are undone and it is performed again', async () => {
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

test('two copies of a delivery at hand at once are performed once', async () => {
  const gate = Promise.withResolvers<void>();
  const performed: string[] = [];
  const subject = effect(async (eventId) => {
    performed.push(eventId);
    await gate.promise;
  });
  const spine = await openSpine({ consumers: [subject], ports: {} });
  const [eventId = ''] = await spine.commit(tenantJoined());
  const copy = (epoch: number) => ({ name: 'copy', data: { eventId }, opts: { jobId: `${eventId}_${epoch}` } });
  await spine.queue('subject').addBulk([copy(0), copy(1), copy(2)]);
  spine.start();
  await until('one is performed', () => performed.length === 1);
  gate.resolve();
  await until('it is consumed', async () => (await spine.sql`select from consumed_event`).length === 1);
  await until('no copy is left', async () => {
    const counts = await spine.queue('subject').getJobCounts('waiting', 'active', 'delayed');
    return Object.values(counts).every((count) => count === 0);
  });
  expect(performed).toEqual([eventId]);
});
