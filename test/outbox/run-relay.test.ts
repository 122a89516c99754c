import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { expect, onTestFinished, test } from 'vitest';
import { contracts } from '../../src/events/index.ts';
import { tenantCreated } from '../../src/events/tenant-created.ts';
import { defineReaction } from '../../src/kernel/consumers/consumer.ts';
import { makePoke, onPoke } from '../../src/outbox/poke.ts';
import { runRelay } from '../../src/outbox/run-relay.ts';
import { relayBatch } from '../../src/outbox/relay.ts';
import { lowestId } from '../../src/outbox/partitions.ts';
import { justBelow, sweep } from '../../src/outbox/sweep.ts';
import { registerSubscribers } from '../../src/outbox/subscriptions.ts';
import { openPatientRedis } from '../../src/platform/redis.ts';
import { isolatedRedis } from '../support/redis.ts';
import { openSpine } from '../support/spine.ts';
import { tenantJoined } from '../support/tenant-joined.ts';
import { until } from '../support/until.ts';

const watch = defineReaction<object, [typeof tenantCreated]>({ name: 'watch', on: [tenantCreated], handle: async () => undefined });

async function relaying(options: { redisUrl?: string; queueDepth?: number; graceMs?: number } = {}) {
  const { graceMs = 3_600_000, ...spineOptions } = options;
  const spine = await openSpine({ consumers: [watch], ports: {}, ...spineOptions });
  const start = () => {
    const relay = runRelay({ ...spine.relay, sweepSql: spine.sql, generation: spine.generation, graceMs });
    onTestFinished(() => relay.close());
    return relay;
  };
  const consumed = async () => (await spine.sql`select from consumed_event`).length;
  return { ...spine, startRelay: start, consumed };
}

test('a poke after a commit wakes an idle relay, which would otherwise look by itself', async () => {
  const { startRelay, start, commit, redis, prefix, consumed, log } = await relaying();
  const relay = startRelay();
  start();
  const ear = openPatientRedis({ url: `redis://${redis.options.host}:${redis.options.port}`, name: 'ear', log });
  onTestFinished(() => ear.disconnect());
  const heard = Promise.withResolvers<void>();
  await onPoke(ear, prefix, () => {
    relay.wake();
    heard.resolve();
  });
  await commit(tenantJoined());
  const poke = makePoke(redis, prefix);
  poke();
  poke();
  await heard.promise;
  await until('the event is consumed', async () => (await consumed()) === 1);
});

test('a Redis that was emptied is noticed at once and all that was in it is published again', async () => {
  const server = await isolatedRedis();
  const spine = await relaying({ redisUrl: server.url });
  const relay = spine.startRelay();
  await spine.commit(...Array.from({ length: 50 }, () => tenantJoined()));
  relay.wake();
  await until('all are queued', async () => (await spine.queue('watch').getWaitingCount()) === 50);
  await spine.redis.flushall();
  await until('all are queued again', async () => (await spine.queue('watch').getWaitingCount()) === 50);
  spine.start();
  await until('all are consumed', async () => (await spine.consumed()) === 50);
  expect(await spine.sql`select distinct reason from republication`).toEqual([{ reason: 'redis was emptied' }]);
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

test('a full queue gets no more; the sweep publishes the rest when there is room, and others are not held up', async () => {
  const second = defineReaction<object, [typeof tenantCreated]>({ name: 'second', on: [tenantCreated], handle: async () => undefined });
  const spine = await openSpine({ consumers: [watch, second], ports: {}, queueDepth: 2 });
  await spine.queue('watch').addBulk([1, 2].map((n) => ({ name: 'filler', data: { eventId: `filler-${n}` }, opts: { jobId: `filler_${n}` } })));
  await spine.commit(tenantJoined());
  await relayBatch(spine.relay);
  expect(await spine.queue('watch').getWaitingCount()).toBe(2);
  expect(await spine.queue('second').getWaitingCount()).toBe(1);
  expect(await spine.sql`select status from outbox_event`).toEqual([{ status: 'published' }]);
  await sweep(spine.relay, 0);
  expect(await spine.queue('watch').getWaitingCount()).toBe(2);
  await spine.queue('watch').drain();
  expect(await sweep(spine.relay, 0)).toBe(1);
  expect(await spine.queue('watch').getWaitingCount()).toBe(1);
});

test('a consumer that subscribes later is owed nothing from before', async () => {
  const spine = await openSpine({ consumers: [], ports: {} });
  await spine.commit(tenantJoined());
  await relayBatch(spine.relay);
  await registerSubscribers(spine.sql, contracts, [watch]);
  const [id] = await spine.commit(tenantJoined());
  await spine.sql`update outbox_event set status = 'published', published_at = now() where id = ${id as string}`;
  expect(await sweep(spine.relay, 0)).toBe(1);
});

test('a retried dead letter is published again under the next epoch, and its success resolves it', async () => {
  const spine = await relaying();
  const [id] = await spine.commit(tenantJoined());
  await relayBatch(spine.relay);
  await spine.queue('watch').obliterate({ force: true });
  await spine.sql`
    insert into dead_letter (consumer_name, event_id, attempts, error, fingerprint, first_failed_at, last_failed_at)
    values ('watch', ${id as string}, 10, 'x', 'y', now(), now())
  `;
  expect(await sweep(spine.relay, 0)).toBe(0);
  await spine.sql`update dead_letter set resolution = 'retried', resolved_at = now()`;
  expect(await sweep(spine.relay, 0)).toBe(1);
  spine.start();
  await until('it is consumed', async () => (await spine.consumed()) === 1);
  expect(await spine.sql`select resolution from dead_letter`).toEqual([{ resolution: 'consumed' }]);
});

test('a relay that is closed ends its batch and claims no more', async () => {
  const spine = await relaying();
  const claimed = Promise.withResolvers<void>();
  const hear = () => claimed.resolve();
  subscribe('columna:relay.claimed', hear);
  onTestFinished(() => void unsubscribe('columna:relay.claimed', hear));
  await spine.commit(tenantJoined());
  const relay = spine.startRelay();
  await claimed.promise;
  await relay.close();
  expect(await spine.sql`select status from outbox_event`).toEqual([{ status: 'published' }]);
  expect(await spine.sql`select from outbox_lease`).toHaveLength(0);
});

test('two relays side by side publish each event once', async () => {
  const spine = await relaying();
  await spine.commit(...Array.from({ length: 2_000 }, () => tenantJoined()));
  const published: number[] = await Promise.all(
    Array.from({ length: 4 }, async () => {
      let sum = 0;
      for (let count = -1; count !== 0; sum += count) count = await relayBatch(spine.relay);
      return sum;
    }),
  );
  expect(published.reduce((sum, count) => sum + count, 0)).toBe(2_000);
  expect(await spine.queue('watch').getWaitingCount()).toBe(2_000);
});

test('what is verified moves on past consumed and failed events, and stops before an open delivery', async () => {
  const spine = await relaying();
  const old = (minutes: number) => lowestId(new Date(Date.now() - minutes * 60_000));
  const insert = (id: string, status: string) => spine.sql`
    insert into outbox_event (id, event_type, schema_version, occurred_at, payload_json, correlation_id, status, published_at, created_at)
    values (${id}, 'TenantCreated', 1, now(), '{}', ${id}, ${status}, now(), now())
  `;
  const [failed, consumed, open] = [old(9), old(8), old(7)];
  await insert(failed, 'failed');
  await insert(consumed, 'published');
  await insert(open, 'published');
  await spine.sql`insert into consumed_event (consumer_name, event_id) values ('watch', ${consumed})`;
  await spine.sql`update consumer set verified_id = ${old(20)}`;
  await sweep(spine.relay, 0);
  expect(await spine.sql`select verified_id from consumer`).toEqual([{ verified_id: justBelow(open) }]);
  await spine.sql`insert into consumed_event (consumer_name, event_id) values ('watch', ${open})`;
  await sweep(spine.relay, 0);
  const [row] = await spine.sql`select verified_id > ${open} as past, verified_id < ${old(4)} as behind from consumer`;
  expect(row).toEqual({ past: true, behind: true });
});
