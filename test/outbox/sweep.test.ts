import { expect, test } from 'vitest';
import { tenantCreated } from '../../src/events/tenant-created.ts';
import { defineReaction } from '../../src/kernel/consumers/consumer.ts';
import { Permanent } from '../../src/events/contract/errors.ts';
import { publishEvents } from '../../src/outbox/publish.ts';
import { sweepConsumer, sweepDue } from '../../src/outbox/sweep.ts';
import type { BatchQueue } from '../../src/platform/queues.ts';
import { transaction } from '../../src/platform/transaction.ts';
import { figures } from '../support/figures.ts';
import { openSpine } from '../support/spine.ts';
import { tenantJoined } from '../support/tenant-joined.ts';
import { until } from '../support/until.ts';

const MINUTE_MS = 60_000;
const subject = defineReaction<object, [typeof tenantCreated]>({
  name: 'subject', on: [tenantCreated],
  async handle({ payload }) {
    if (payload.name === 'poison') throw new Permanent('poison');
  },
});

async function sweeping() {
  const spine = await openSpine({ consumers: [subject], ports: {} });
  const { sql, relay, registry } = spine;
  return {
    ...spine,
    publish: async (...names: string[]) => {
      const ids = await spine.commit(...names.map((name) => tenantJoined(name)));
      await publishEvents(relay);
      return ids;
    },
    /** Sweeps with a grace. Returns the deliveries that were missing. */
    sweepAfter: (graceMs: number) => sweepConsumer(spine.sweep, 'subject', graceMs),
    gauge: async () => figures(await registry.metrics())['deliveries_missing{consumer="subject"}'],
    waiting: () => sql`select reason from waiting_delivery`,
  };
}

test('a delivery that is consumed, dead, waiting or in a batch is in its place; one whose batch Redis lost is missing once', async () => {
  const { sql, publish, start, stop, queue, gauge, waiting, sweepAll, refill } = await sweeping();
  const ended = (count: number) => until(`${count} are consumed or dead`, async () => {
    const [row] = await sql`select (select count(*) from consumed_event) + (select count(*) from dead_letter) as ended`;
    return Number(row?.['ended']) === count;
  });
  await publish('good', 'poison');
  start();
  await ended(2);
  await stop();
  await publish('lost', 'lost');
  await queue('subject').drain();
  await publish('kept');
  await sql`
    insert into waiting_delivery (consumer_name, event_id, event_type, reason) values ('subject', gen_random_uuid(), 'TenantCreated', 'parked')
  `;
  expect([await sweepAll(), await gauge()]).toEqual([2, 2]);
  expect((await waiting()).map(({ reason }) => reason).toSorted()).toEqual(['missing', 'missing', 'parked']);
  expect([await sweepAll(), await gauge()]).toEqual([0, 0]);
  await sql`delete from waiting_delivery where reason = 'parked'`;
  await refill();
  start();
  await ended(5);
  expect([await sweepAll(), await gauge()]).toEqual([0, 0]);
});

test('what ended while its batch was lost does not wait again', async () => {
  const { sql, publish, queue, sweepAll, waiting } = await sweeping();
  const [consumed, , discarded] = await publish('consumed', 'open', 'discarded');
  await queue('subject').drain();
  await sql`insert into consumed_event (consumer_name, event_id) values ('subject', ${consumed ?? ''})`;
  await sql`
    insert into dead_letter (consumer_name, event_id, attempts, error, fingerprint, first_failed_at, last_failed_at)
    values ('subject', ${discarded ?? ''}, 1, 'x', 'y', now(), now())
  `;
  expect(await sweepAll()).toBe(1);
  expect(await waiting()).toHaveLength(1);
});

test('a batch younger than the grace is left: it may be on its way to Redis', async () => {
  const { sql, publish, queue, sweepAfter } = await sweeping();
  await publish('one');
  await queue('subject').drain();
  expect(await sweepAfter(MINUTE_MS)).toBe(0);
  await sql`update queued_batch set queued_at = queued_at - interval '2 minutes'`;
  expect(await sweepAfter(MINUTE_MS)).toBe(1);
});

test('of two sweepers one works; a sweeper that died is followed when its lease ends', async () => {
  const { sql, publish, queue, sweep } = await sweeping();
  await publish('one');
  const gate = Promise.withResolvers<void>();
  let looks = 0;
  const slow = (name: string): BatchQueue => Object.assign(Object.create(queue(name)) as BatchQueue, {
    async getRanges(...args: Parameters<BatchQueue['getRanges']>) {
      looks += 1;
      await gate.promise;
      return queue(name).getRanges(...args);
    },
  });
  const first = sweepDue({ ...sweep, queue: slow }, { graceMs: 0, everyMs: MINUTE_MS });
  await until('the first one looks', () => looks === 1);
  expect(await sweepDue({ ...sweep, queue: slow }, { graceMs: 0, everyMs: MINUTE_MS })).toBe(0);
  expect(looks).toBe(1);
  await sql`update consumer set sweep_due_at = sweep_due_at - interval '30 seconds'`; // the lease
  const second = sweepDue({ ...sweep, queue: slow }, { graceMs: 0, everyMs: MINUTE_MS });
  await until('the second one looks', () => looks === 2);
  gate.resolve();
  expect(await Promise.all([first, second])).toEqual([0, 0]);
});

test('a consumer is swept again when its time has come, not before', async () => {
  const { sql, registry, sweep } = await sweeping();
  const sweeps = async () => figures(await registry.metrics())['sweeps_total{consumer="subject"}'];
  const times = { graceMs: MINUTE_MS, everyMs: MINUTE_MS };
  for (let again = 0; again < 3; again += 1) await sweepDue(sweep, times);
  expect(await sweeps()).toBe(1);
  await sql`update consumer set sweep_due_at = sweep_due_at - interval '1 minute'`;
  await sweepDue(sweep, times);
  expect(await sweeps()).toBe(2);
});

test('a sweep that finds every batch does not read what waits', async () => {
  const { sql, publish, sweepAfter } = await sweeping();
  await publish('one', 'two');
  await transaction(sql, async (tx) => {
    await tx`lock table waiting_delivery in access exclusive mode`;
    expect(await sweepAfter(0)).toBe(0);
  });
});

test('batches of a paused queue are in their place', async () => {
  const { publish, queue, sweepAll } = await sweeping();
  await publish('before');
  await queue('subject').pause();
  await publish('after');
  expect(await sweepAll()).toBe(0);
});
