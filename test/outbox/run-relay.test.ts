import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { expect, onTestFinished, test } from 'vitest';
import { contracts } from '../../src/events/index.ts';
import { tenantCreated } from '../../src/events/tenant-created.ts';
import { defineReaction } from '../../src/kernel/consumers/consumer.ts';
import { makeWake, onWake } from '../../src/outbox/wake.ts';
import { runRelay } from '../../src/outbox/run-relay.ts';
import { publishEvents } from '../../src/outbox/publish.ts';
import { registerSubscribers } from '../../src/outbox/subscriptions.ts';
import { replayDeliveries } from '../../src/outbox/waiting.ts';
import { openPatientRedis } from '../../src/platform/redis.ts';
import { isolatedRedis } from '../support/redis.ts';
import { openSpine } from '../support/spine.ts';
import { tenantJoined } from '../support/tenant-joined.ts';
import { until } from '../support/until.ts';

const watch = defineReaction<object, [typeof tenantCreated]>({ name: 'watch', on: [tenantCreated], handle: async () => undefined });

async function relaying(options: { redisUrl?: string; graceMs?: number; consumer?: typeof watch } = {}) {
  const { graceMs = 3_600_000, consumer = watch, ...spineOptions } = options;
  const spine = await openSpine({ consumers: [consumer], ports: {}, ...spineOptions });
  const start = () => {
    const relay = runRelay({ ...spine.relay, sweep: { ...spine.sweep, graceMs, everyMs: 100 } });
    onTestFinished(() => relay.close());
    return relay;
  };
  const consumed = async () => (await spine.sql`select from consumed_event`).length;
  return { ...spine, startRelay: start, consumed };
}

test('a call after a commit wakes an idle relay, which would otherwise look by itself', async () => {
  const { startRelay, start, commit, redis, prefix, consumed, log } = await relaying();
  const relay = startRelay();
  start();
  const ear = openPatientRedis({ url: `redis://${redis.options.host}:${redis.options.port}`, name: 'ear', log });
  onTestFinished(() => ear.disconnect());
  const heard = Promise.withResolvers<void>();
  await onWake(ear, prefix, () => {
    relay.wake();
    heard.resolve();
  });
  await commit(tenantJoined());
  const wake = makeWake(redis, prefix);
  wake();
  wake();
  await heard.promise;
  await until('the event is consumed', async () => (await consumed()) === 1);
});

test('a Redis that was emptied is noticed at once and all that was in it is published again', async () => {
  const server = await isolatedRedis();
  const spine = await relaying({ redisUrl: server.url });
  const relay = spine.startRelay();
  await spine.commit(...Array.from({ length: 50 }, () => tenantJoined()));
  relay.wake();
  await until('the value in Redis is on record', async () => (await spine.sql`select from consumer where generation > 0`).length === 1);
  await spine.redis.flushall();
  await until('all are queued again', async () => (await spine.queue('watch').getWaitingCount()) > 0);
  spine.start();
  await until('all are consumed', async () => (await spine.consumed()) === 50);
  expect(await spine.sql`select distinct reason from republication`).toEqual([{ reason: 'redis was emptied' }]);
});

test('batches that Redis lost without a trace are found by the sweep once the grace has passed', async () => {
  const spine = await relaying({ graceMs: 300 });
  await spine.commit(tenantJoined(), tenantJoined());
  await publishEvents(spine.relay);
  await spine.queue('watch').drain();
  spine.startRelay();
  spine.start();
  await until('all are consumed', async () => (await spine.consumed()) === 2);
  expect(await spine.sql`select distinct reason from republication`).toEqual([{ reason: 'missing' }]);
});

test('a failed attempt is made again by a running relay and worker alone', async () => {
  let calls = 0;
  const failing = defineReaction<object, [typeof tenantCreated]>({
    name: 'watch', on: [tenantCreated],
    async handle() {
      calls += 1;
      if (calls === 1) throw new Error('not this time');
    },
  });
  const spine = await relaying({ consumer: failing });
  spine.start();
  const relay = spine.startRelay();
  await spine.commit(tenantJoined());
  relay.wake();
  await until('it is consumed', async () => (await spine.consumed()) === 1);
  expect(calls).toBe(2);
});

test('a Redis that dies is waited for, and nothing is marked meanwhile', async () => {
  const server = await isolatedRedis();
  const spine = await relaying({ redisUrl: server.url });
  await server.kill('SIGKILL');
  const relay = spine.startRelay();
  await spine.commit(tenantJoined());
  relay.wake();
  await until('the relay says so', () => spine.logged.some((line) => line.includes('relay waits')));
  expect(await spine.sql`select status from outbox_event`).toEqual([{ status: 'pending' }]);
  await server.restart();
  spine.start();
  await until('the event is consumed', async () => (await spine.consumed()) === 1, { deadlineMs: 15_000 });
});

test('a consumer that subscribes later is owed nothing from before', async () => {
  const spine = await openSpine({ consumers: [], ports: {} });
  await spine.commit(tenantJoined());
  await registerSubscribers(spine.sql, contracts, [watch]);
  const [id] = await spine.commit(tenantJoined());
  expect((await publishEvents(spine.relay)).events).toBe(2);
  expect(await spine.sql`select consumer_name, event_ids from queued_batch`).toEqual([{ consumer_name: 'watch', event_ids: [id] }]);
});

test('a dead letter that an operator retries waits in the lane of bulk work, and its success resolves it', async () => {
  const spine = await relaying();
  const { sql } = spine;
  const [eventId = ''] = await spine.commit(tenantJoined());
  await publishEvents(spine.relay);
  await sql`delete from queued_batch`;
  await sql`
    insert into dead_letter (consumer_name, event_id, attempts, error, fingerprint, first_failed_at, last_failed_at)
    values ('watch', ${eventId}, 10, 'x', 'y', now(), now())
  `;
  expect(await spine.sweepAll()).toBe(0);
  await sql`update dead_letter set resolution = 'retried', resolved_at = now()`;
  await replayDeliveries(sql, [{ consumer: 'watch', eventId }]);
  expect(await sql`select reason, lane from waiting_delivery`).toEqual([{ reason: 'replayed', lane: 'bulk' }]);
  await spine.refill();
  spine.start();
  await until('it is consumed', async () => (await spine.consumed()) === 1);
  expect(await sql`select resolution from dead_letter`).toEqual([{ resolution: 'consumed' }]);
});

test('a relay that is closed ends its batch and claims no more', async () => {
  const spine = await relaying();
  const claimed = Promise.withResolvers<void>();
  const hear = () => claimed.resolve();
  subscribe('columna:relay.published', hear);
  onTestFinished(() => void unsubscribe('columna:relay.published', hear));
  await spine.commit(tenantJoined());
  const relay = spine.startRelay();
  await claimed.promise;
  await relay.close();
  expect(await spine.sql`select status from outbox_event`).toEqual([{ status: 'published' }]);
  expect(await spine.queue('watch').getWaitingCount()).toBe(1);
});
