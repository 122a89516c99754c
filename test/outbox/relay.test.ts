import { expect, test } from 'vitest';
import { tenantCreated } from '../../src/events/tenant-created.ts';
import { defineReaction } from '../../src/kernel/consumer.ts';
import { relayBatch } from '../../src/outbox/relay.ts';
import { sweep } from '../../src/outbox/sweep.ts';
import { openSpine } from '../support/spine.ts';
import { tenantJoined } from '../support/tenant-joined.ts';
import { until } from '../support/until.ts';

const seen = () => {
  const events: string[] = [];
  return {
    events,
    watch: defineReaction<object, [typeof tenantCreated]>({
      name: 'watch',
      on: [tenantCreated],
      handle: async ({ eventId }) => void events.push(eventId),
    }),
  };
};

test('a committed event is claimed, published and marked, and its consumer sees it once', async () => {
  const { watch, events } = seen();
  const spine = await openSpine({ consumers: [watch], ports: {} });
  const [id] = await spine.commit(tenantJoined());
  expect(await relayBatch(spine.relay)).toBe(1);
  expect(await relayBatch(spine.relay)).toBe(0);
  spine.start();
  await until('the proof is there', async () => (await spine.sql`select from consumed_event`).length === 1, { deadlineMs: 5_000 });
  expect(events).toEqual([id]);
  expect(await spine.sql`select status from outbox_event`).toEqual([{ status: 'published' }]);
});

test('a thousand deliveries of one event have one effect', async () => {
  const { watch, events } = seen();
  const spine = await openSpine({ consumers: [watch], ports: {} });
  const [id] = await spine.commit(tenantJoined());
  const copies = Array.from({ length: 1_000 }, (_, epoch) => ({
    name: 'TenantCreated', data: { eventId: id as string }, opts: { jobId: `${id}_${epoch}` },
  }));
  await spine.queue('watch').addBulk(copies);
  spine.start();
  await until('the queue is empty', async () => {
    const { waiting, active } = await spine.queue('watch').getJobCounts('waiting', 'active');
    return waiting === 0 && active === 0;
  }, { deadlineMs: 10_000 });
  expect(events).toEqual([id]);
});

test('what Redis lost is found by the sweep and published under the next epoch', async () => {
  const { watch, events } = seen();
  const spine = await openSpine({ consumers: [watch], ports: {} });
  const ids = await spine.commit(tenantJoined(), tenantJoined(), tenantJoined());
  await relayBatch(spine.relay);
  await spine.queue('watch').obliterate({ force: true });
  expect(await sweep(spine.relay, 0)).toBe(3);
  expect(await sweep(spine.relay, 0)).toBe(0);
  expect(await spine.sql`select distinct epoch from republication`).toEqual([{ epoch: 1 }]);
  spine.start();
  await until('all are consumed', async () => events.length === 3, { deadlineMs: 5_000 });
  expect(events.toSorted()).toEqual(ids.toSorted());
});

test('an event of a type that no release knows fails visibly and holds up nobody', async () => {
  const { watch } = seen();
  const spine = await openSpine({ consumers: [watch], ports: {} });
  await spine.commit({ ...tenantJoined(), eventType: 'NobodyKnows' }, tenantJoined());
  expect(await relayBatch(spine.relay)).toBe(2);
  const rows = await spine.sql`select status, failure from outbox_event order by id`;
  expect(rows.map(({ status }) => status)).toEqual(['failed', 'published']);
  expect(rows[0]?.['failure']).toContain('NobodyKnows');
});

test('an event of an old version that is still in the outbox is consumed in its newest', async () => {
  const payloads: unknown[] = [];
  const watch = defineReaction<object, [typeof tenantCreated]>({
    name: 'watch', on: [tenantCreated], handle: async ({ payload }) => void payloads.push(payload),
  });
  const spine = await openSpine({ consumers: [watch], ports: {} });
  const { country: _, currency: __, ...version1 } = tenantJoined('Old Friends').payload;
  await spine.commit({ ...tenantJoined(), schemaVersion: 1, payload: version1 }, tenantJoined('New Friends'));
  await relayBatch(spine.relay);
  spine.start();
  await until('both are consumed', () => payloads.length === 2);
  expect(payloads).toContainEqual({ ...version1, country: null, currency: null });
  expect(payloads).toContainEqual(expect.objectContaining({ name: 'New Friends', country: 'ES' }));
});
