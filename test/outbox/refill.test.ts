import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { tenantCreated } from '../../src/events/tenant-created.ts';
import { defineReaction } from '../../src/kernel/consumers/consumer.ts';
import type { Lane } from '../../src/events/contract/event.ts';
import { refillQueues, type Turns } from '../../src/outbox/refill.ts';
import { insertWaiting } from '../../src/outbox/waiting.ts';
import { transaction } from '../../src/platform/transaction.ts';
import { openSpine } from '../support/spine.ts';

const FLOOR = 4; // batches that a queue without workers is filled up to

interface Waiting {
  readonly tenantId?: string | undefined;
  readonly lane?: Lane;
  readonly delayMs?: number;
}

async function refilling(batchLimit: number) {
  const watch = defineReaction<object, [typeof tenantCreated]>({
    name: 'watch', on: [tenantCreated], batchLimit, handle: async () => undefined,
  });
  const spine = await openSpine({ consumers: [watch], ports: {} });
  const { sql, queue, relay } = spine;
  let last = 0;
  /** Lets deliveries wait, the oldest first. Returns their events. */
  async function wait(count: number, { tenantId, lane = 'normal', delayMs = 0 }: Waiting = {}): Promise<readonly string[]> {
    const ids = Array.from({ length: count }, () => `01980000-0000-7000-8000-${String((last += 1)).padStart(12, '0')}`);
    await insertWaiting(sql, ids.map((eventId) => ({
      consumer: 'watch', eventId, eventType: 'TenantCreated', reason: 'no room', lane, tenantId, delayMs,
    })));
    return ids;
  }
  const turns: Turns = new Map();
  /** Refills once. Returns the events and lanes of the batches that are new; none is left in the queue. */
  async function round() {
    await refillQueues(relay, turns);
    const jobs = await queue('watch').getJobs(['waiting']);
    await queue('watch').drain();
    return { eventIds: jobs.flatMap(({ data }) => data.eventIds), lanes: jobs.map(({ data }) => data.lane).toSorted() };
  }
  return { ...spine, wait, round };
}

test('a tenant with a large backlog does not hold up another: its delivery is in the next batches', async () => {
  const { wait, round } = await refilling(10);
  await wait(2_000, { tenantId: '80000000-0000-4000-8000-000000000000' });
  for (const tenantId of ['f0000000-0000-4000-8000-000000000000', '10000000-0000-4000-8000-000000000000', undefined]) {
    const [small = ''] = await wait(1, { tenantId });
    const { eventIds } = await round();
    expect(eventIds).toContain(small);
    expect(eventIds.length).toBeGreaterThan(5 * FLOOR);
  }
});

test('every one of many tenants has its turn before a tenant has it twice', async () => {
  const { wait, round } = await refilling(5);
  const tenants = Array.from({ length: 60 }, () => randomUUID());
  const owners = new Map<string, string>();
  for (const tenantId of tenants) for (const id of await wait(4, { tenantId })) owners.set(id, tenantId);
  const served: (string | undefined)[] = [];
  for (let rounds = 0; rounds < 3; rounds += 1) served.push(...(await round()).eventIds.map((id) => owners.get(id)));
  expect(new Set(served).size).toBe(60);
});

test('urgent deliveries come first, then normal ones, and bulk ones leave half the room to the others', async () => {
  const { wait, round } = await refilling(1);
  await wait(4, { lane: 'bulk' });
  await wait(4, { lane: 'normal' });
  await wait(2, { lane: 'urgent' });
  expect((await round()).lanes).toEqual(['normal', 'normal', 'urgent', 'urgent']);
  expect((await round()).lanes).toEqual(['normal', 'normal']);
  expect((await round()).lanes).toEqual(['bulk', 'bulk']);
});

test('what waits comes back in the order of its age, and no more than the queue has room for', async () => {
  const { wait, refill, round, queue } = await refilling(1);
  const ids = await wait(6);
  await refill();
  await refill();
  expect(await queue('watch').getWaitingCount()).toBe(FLOOR);
  expect((await round()).eventIds.toSorted()).toEqual(ids.slice(0, FLOOR));
  expect((await round()).eventIds.toSorted()).toEqual(ids.slice(FLOOR));
});

test('a delivery whose time has yet to come is left, and moved once it is due', async () => {
  const { wait, round, sql } = await refilling(10);
  const ids = await wait(1, { delayMs: 60_000 });
  expect((await round()).eventIds).toEqual([]);
  await sql`update waiting_delivery set not_before = clock_timestamp()`;
  expect((await round()).eventIds).toEqual(ids);
  expect(await sql`select from waiting_delivery`).toHaveLength(0);
});

test('deliveries that waited each by itself share batches', async () => {
  const { wait, refill, queue, sql } = await refilling(500);
  await wait(1_200);
  await refill();
  expect(await queue('watch').getWaitingCount()).toBe(3);
  expect(await sql`select sum(cardinality(event_ids))::integer as deliveries from queued_batch`).toEqual([{ deliveries: 1_200 }]);
});

test('a refill reads what it moves, not what waits, also by the plan for any values', async () => {
  const { sql, relay, wait } = await refilling(10);
  for (let tenant = 0; tenant < 20; tenant += 1) await wait(100, { tenantId: randomUUID() });
  const read = await transaction(sql, async (tx) => {
    await tx`set local plan_cache_mode = force_generic_plan`;
    const { deliveries } = await refillQueues({ ...relay, sql: tx as unknown as typeof sql }, new Map());
    const [row] = await tx<{ rows: number }[]>`
      select (seq_tup_read + idx_tup_fetch)::integer as rows
      from pg_stat_xact_user_tables where relname = 'waiting_delivery'
    `;
    return { deliveries, rows: row?.rows ?? Number.NaN };
  });
  expect(read.deliveries).toBe(FLOOR * 10);
  expect(read.rows).toBeLessThan(500);
});
