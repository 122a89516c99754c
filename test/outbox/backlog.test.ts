import { expect, test } from 'vitest';
import { tenantCreated } from '../../src/events/tenant-created.ts';
import { defineReaction } from '../../src/kernel/consumers/consumer.ts';
import { observeBacklog } from '../../src/outbox/backlog.ts';
import { WAIT_REASONS, type WaitReason } from '../../src/outbox/batch.ts';
import { insertWaiting } from '../../src/outbox/waiting.ts';
import { publishEvents } from '../../src/outbox/publish.ts';
import { openRegistry } from '../../src/platform/metrics.ts';
import type { BatchQueue } from '../../src/platform/queues.ts';
import { openSpine } from '../support/spine.ts';
import { tenantJoined } from '../support/tenant-joined.ts';

const batch = { eventIds: ['x'], types: {}, lane: 'normal' };
const hears = (name: string) =>
  defineReaction<object, [typeof tenantCreated]>({ name, on: [tenantCreated], handle: async () => undefined });

async function observed() {
  const spine = await openSpine({ consumers: [hears('first'), hears('second')], ports: {} });
  const registry = openRegistry();
  const store: { queues: readonly BatchQueue[] | undefined } = { queues: ['first', 'second'].map(spine.queue) };
  observeBacklog({ registry, sql: spine.sql, queues: async () => store.queues });
  /** One scrape: each of our gauges with its labels, and its value. */
  async function scrape(): Promise<Record<string, number>> {
    const lines = (await registry.metrics()).split('\n').filter((line) => /^(outbox|dead|deliveries|queue|backlog)_/.test(line));
    return Object.fromEntries(lines.map((line) => [line.replace(/ \S+$/, ''), Number(line.split(' ').at(-1))]));
  }
  /** Lets a delivery wait until so many milliseconds from now. */
  const wait = (consumer: string, reason: WaitReason, delayMs: number) => insertWaiting(spine.sql, [{
    consumer, reason, delayMs, eventId: crypto.randomUUID(), eventType: 'TenantCreated', lane: 'normal', tenantId: undefined,
  }]);
  return { ...spine, store, scrape, wait };
}

test('the gauges of the first scrape are the counts of that moment', async () => {
  const { scrape, commit, sql, relay, queue, wait } = await observed();
  const [, dead] = await commit(...Array.from({ length: 5 }, () => tenantJoined()));
  await publishEvents(relay);
  await commit({ ...tenantJoined(), eventType: 'NobodyKnows' });
  await publishEvents(relay);
  await commit(tenantJoined(), tenantJoined(), tenantJoined());
  await sql`update outbox_event set created_at = now() - interval '1 hour' where status = 'pending'`;
  await sql`
    insert into dead_letter (
      consumer_name, event_id, attempts, error, fingerprint, first_failed_at, last_failed_at, resolution, resolved_at
    )
    values ('first', ${dead as string}, 1, 'x', 'y', now(), now(), null, null),
           ('first', gen_random_uuid(), 1, 'x', 'y', now(), now(), null, null),
           ('second', ${dead as string}, 1, 'x', 'y', now(), now(), 'discarded', now())
  `;
  await queue('second').add('late', batch, { jobId: 'late', delay: 3_600_000 });
  await wait('first', 'retry', 60_000);
  await wait('first', 'no room', -120_000);
  await wait('second', 'no room', -60_000);

  const { 'outbox_oldest_pending_seconds': pendingAge, ...counts } = await scrape();
  const ages = Object.keys(counts).filter((gauge) => gauge.includes('_oldest_'));
  expect(ages).toHaveLength(4);
  expect(counts['deliveries_oldest_due_seconds{consumer="first"}']).toBeCloseTo(120, -1);
  expect(counts['deliveries_oldest_due_seconds{consumer="second"}']).toBeCloseTo(60, -1);
  for (const gauge of ages) delete counts[gauge];
  expect(counts).toEqual({
    'outbox_events{status="pending"}': 3,
    'outbox_events{status="failed"}': 1,
    'dead_letters{consumer="first"}': 2,
    'dead_letters{consumer="second"}': 0,
    ...waits('first', { retry: 1, 'no room': 1 }),
    ...waits('second', { 'no room': 1 }),
    'deliveries_queued{consumer="first"}': 5,
    'deliveries_queued{consumer="second"}': 5,
    ...depths('first', { waiting: 1 }),
    ...depths('second', { waiting: 1, delayed: 1 }),
    backlog_readable: 1,
  });
  expect(pendingAge).toBeGreaterThan(3_599);
  expect(pendingAge).toBeLessThan(3_660);
});

test('the age of a queue is that of its oldest batch that waits, and none when nothing waits', async () => {
  const { scrape, queue } = await observed();
  const minutesAgo = (minutes: number) => ({
    name: 'x', data: batch, opts: { jobId: `m_${minutes}`, timestamp: Date.now() - minutes * 60_000 },
  });
  await queue('first').addBulk([30, 20, 10].map(minutesAgo));
  const gauges = await scrape();
  expect(gauges['queue_oldest_waiting_seconds{queue="first"}']).toBeCloseTo(1_800, -2);
  expect(gauges['queue_oldest_waiting_seconds{queue="second"}']).toBe(0);
});

test('a queue that drains, a delivery that is served, a letter that is resolved and an outbox that empties fall back to nothing', async () => {
  const { scrape, commit, sql, relay, queue, wait } = await observed();
  const [id] = await commit(tenantJoined());
  await sql`
    insert into dead_letter (consumer_name, event_id, attempts, error, fingerprint, first_failed_at, last_failed_at)
    values ('first', ${id as string}, 1, 'x', 'y', now(), now())
  `;
  expect(await scrape()).toMatchObject({ 'outbox_events{status="pending"}': 1, 'dead_letters{consumer="first"}': 1 });
  await publishEvents(relay);
  expect(await scrape()).toMatchObject(depths('first', { waiting: 1 }));
  await wait('first', 'no room', -60_000);
  expect(await scrape()).toMatchObject({ 'deliveries_waiting{consumer="first",reason="no room"}': 1, 'deliveries_queued{consumer="first"}': 1 });
  for (const name of ['first', 'second']) await queue(name).drain();
  await sql`delete from waiting_delivery`;
  await sql`delete from queued_batch`;
  await sql`update dead_letter set resolution = 'discarded', resolved_at = now()`;
  const { backlog_readable, ...rest } = await scrape();
  expect(backlog_readable).toBe(1);
  expect(new Set(Object.values(rest))).toEqual(new Set([0]));
});

test('while a store is away the scrape says so, and shows what was last known', async () => {
  const { scrape, store, sql, commit } = await observed();
  await commit(tenantJoined());
  expect(await scrape()).toMatchObject({ backlog_readable: 1, 'outbox_events{status="pending"}': 1 });
  store.queues = undefined;
  const lastKnown = { backlog_readable: 0, 'outbox_events{status="pending"}': 1, ...depths('first', {}) };
  expect(await scrape()).toMatchObject(lastKnown);
  store.queues = [];
  await sql`alter table outbox_event rename to away`;
  expect(await scrape()).toMatchObject(lastKnown);
});

function waits(consumer: string, counts: Partial<Record<WaitReason, number>>) {
  const gauge = (reason: string) => `deliveries_waiting{consumer="${consumer}",reason="${reason}"}`;
  return Object.fromEntries(WAIT_REASONS.map((reason) => [gauge(reason), counts[reason] ?? 0]));
}

function depths(queue: string, counts: { readonly waiting?: number; readonly delayed?: number }) {
  const states = { waiting: 0, active: 0, delayed: 0, failed: 0, ...counts };
  const gauge = (state: string) => `queue_jobs{queue="${queue}",state="${state}"}`;
  return Object.fromEntries(Object.entries(states).map(([state, count]) => [gauge(state), count]));
}
