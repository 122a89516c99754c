import { expect, test } from 'vitest';
import { tenantCreated } from '../../src/events/tenant-created.ts';
import { defineReaction } from '../../src/kernel/consumers/consumer.ts';
import { publishEvents } from '../../src/outbox/publish.ts';
import { openSpine } from '../support/spine.ts';
import { tenantJoined } from '../support/tenant-joined.ts';
import { until } from '../support/until.ts';

const observed = () => {
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

test('a committed event is published once, and its consumer handles it once', async () => {
  const { watch, events } = observed();
  const spine = await openSpine({ consumers: [watch], ports: {} });
  const [id] = await spine.commit(tenantJoined());
  expect(await publishEvents(spine.relay)).toMatchObject({ events: 1, waiting: 0 });
  expect(await publishEvents(spine.relay)).toMatchObject({ events: 0 });
  spine.start();
  await until('the event is consumed', async () => (await spine.sql`select from consumed_event`).length === 1, { deadlineMs: 5_000 });
  expect(events).toEqual([id]);
  expect(await spine.sql`select status from outbox_event`).toEqual([{ status: 'published' }]);
  expect(await spine.sql`select from queued_batch`).toHaveLength(0);
  expect(await spine.sql`select from waiting_delivery`).toHaveLength(0);
});

test('jobs that repeat a batch do nothing', async () => {
  const { watch, events } = observed();
  const spine = await openSpine({ consumers: [watch], ports: {} });
  const [id] = await spine.commit(tenantJoined());
  await publishEvents(spine.relay);
  const copies = Array.from({ length: 1_000 }, () => ({
    name: 'TenantCreated', data: { eventIds: [id as string], types: {}, lane: 'normal' }, opts: { jobId: crypto.randomUUID() },
  }));
  await spine.queue('watch').addBulk(copies);
  spine.start();
  await until('the queue is empty', async () => {
    const { waiting, active } = await spine.queue('watch').getJobCounts('waiting', 'active');
    return waiting === 0 && active === 0;
  }, { deadlineMs: 10_000 });
  expect(events).toEqual([id]);
});

test('batches that Redis lost are found by the sweep, and their deliveries wait again', async () => {
  const { watch, events } = observed();
  const spine = await openSpine({ consumers: [watch], ports: {} });
  const ids = await spine.commit(tenantJoined(), tenantJoined(), tenantJoined());
  await publishEvents(spine.relay);
  await spine.queue('watch').obliterate({ force: true });
  expect(await spine.sweepAll()).toBe(3);
  expect(await spine.sweepAll()).toBe(0);
  expect(await spine.sql`select distinct epoch from republication`).toEqual([{ epoch: 1 }]);
  await spine.refill();
  spine.start();
  await until('all are consumed', async () => events.length === 3, { deadlineMs: 5_000 });
  expect(events.toSorted()).toEqual(ids.toSorted());
});

test('an event of a type that no release knows fails visibly and holds up nobody', async () => {
  const { watch } = observed();
  const spine = await openSpine({ consumers: [watch], ports: {} });
  await spine.commit({ ...tenantJoined(), eventType: 'NobodyKnows' }, tenantJoined());
  expect((await publishEvents(spine.relay)).events).toBe(2);
  const rows = await spine.sql`select status, failure from outbox_event order by id`;
  expect(rows.map(({ status }) => status)).toEqual(['failed', 'published']);
  expect(rows[0]?.['failure']).toContain('NobodyKnows');
  expect(spine.logged.join()).toContain('no release knows its type');
});

test('an event of an old version that is still in the outbox is consumed in its newest', async () => {
  const payloads: unknown[] = [];
  const watch = defineReaction<object, [typeof tenantCreated]>({
    name: 'watch', on: [tenantCreated], handle: async ({ payload }) => void payloads.push(payload),
  });
  const spine = await openSpine({ consumers: [watch], ports: {} });
  const { country: _, currency: __, ...version1 } = tenantJoined('Old Friends').payload;
  await spine.commit({ ...tenantJoined(), schemaVersion: 1, payload: version1 }, tenantJoined('New Friends'));
  await publishEvents(spine.relay);
  spine.start();
  await until('both are consumed', () => payloads.length === 2);
  expect(payloads).toContainEqual({ ...version1, country: null, currency: null });
  expect(payloads).toContainEqual(expect.objectContaining({ name: 'New Friends', country: 'ES' }));
});

test('a row that another program inserts is published as well', async () => {
  const { watch, events } = observed();
  const spine = await openSpine({ consumers: [watch], ports: {} });
  const { payload } = tenantJoined();
  await spine.sql`
    insert into outbox_event (id, event_type, schema_version, occurred_at, payload_json, correlation_id)
    values (${'0197a000-0000-7000-8000-000000000001'}, 'TenantCreated', 2, now(), ${JSON.stringify(payload)}::text::jsonb, gen_random_uuid())
  `;
  expect((await publishEvents(spine.relay)).events).toBe(1);
  spine.start();
  await until('the event is consumed', () => events.length === 1);
});
