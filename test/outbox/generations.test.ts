import { expect, test } from 'vitest';
import { tenantCreated } from '../../src/events/tenant-created.ts';
import { defineReaction } from '../../src/kernel/consumers/consumer.ts';
import { publishEvents } from '../../src/outbox/publish.ts';
import { generationKey } from '../../src/platform/queues.ts';
import { figures } from '../support/figures.ts';
import { openSpine } from '../support/spine.ts';
import { tenantJoined } from '../support/tenant-joined.ts';

const watch = (name: string) =>
  defineReaction<object, [typeof tenantCreated]>({ name, on: [tenantCreated], handle: async () => undefined });

/** Two consumers, each with a batch in its queue and a value that has been advanced twice. */
async function published() {
  const spine = await openSpine({ consumers: [watch('first'), watch('second')], ports: {} });
  const { sql, redis, prefix, queue, relay, registry } = spine;
  for (let round = 0; round < 2; round += 1) {
    await spine.commit(tenantJoined());
    await publishEvents(relay);
    await relay.generations.close(); // advances at once
  }
  expect(await sql`select name, generation::integer from consumer order by name`).toEqual([
    { name: 'first', generation: 2 }, { name: 'second', generation: 2 },
  ]);
  return {
    ...spine,
    /** Sweeps since the start, by consumer. */
    sweeps: async () => {
      const { 'sweeps_total{consumer="first"}': first = 0, 'sweeps_total{consumer="second"}': second = 0 } = figures(await registry.metrics());
      return { first, second };
    },
    value: () => redis.get(generationKey(queue('first'))),
    setValue: (value: number) => redis.set(generationKey(queue('first')), value),
    empty: async () => void (await redis.unlink(...(await redis.keys(`${prefix}:first:*`)))),
    missing: () => sql`select consumer_name as consumer, count(*)::integer as deliveries from waiting_delivery where reason = 'missing' group by 1`,
    reasons: () => sql`select distinct reason from republication`,
  };
}

test('a Redis that was emptied is noticed at the next round, and only the consumer that lost batches is swept', async () => {
  const { empty, relay, sweeps, missing, reasons, queue, logged, value } = await published();
  await empty();
  await publishEvents(relay);
  expect(await sweeps()).toEqual({ first: 1, second: 0 });
  expect(await missing()).toEqual([{ consumer: 'first', deliveries: 2 }]);
  expect(await reasons()).toEqual([{ reason: 'redis was emptied' }]);
  expect(await queue('second').getWaitingCount()).toBe(2);
  expect(logged.some((line) => line.includes('redis lost batches') && line.includes('"first"'))).toBe(true);
  expect(await value()).toBe('3');
  await publishEvents(relay);
  expect(await sweeps()).toEqual({ first: 1, second: 0 });
});

test('a Redis that was restored from an older snapshot is noticed at the next round', async () => {
  const { queue, setValue, refill, relay, commit, sweeps, missing } = await published();
  await queue('first').drain();
  await setValue(1);
  await commit(tenantJoined());
  await publishEvents(relay);
  expect(await sweeps()).toEqual({ first: 1, second: 0 });
  expect(await missing()).toEqual([{ consumer: 'first', deliveries: 2 }]);
  await refill();
  expect(await missing()).toEqual([]);
  expect(await sweeps()).toEqual({ first: 1, second: 0 });
});

test('a replica that lags is noticed at the next refill, and batches that it has stay', async () => {
  const { sql, setValue, refill, sweeps, missing, queue, value } = await published();
  await setValue(1);
  await sql`insert into waiting_delivery (consumer_name, event_id, event_type, reason) values ('second', gen_random_uuid(), 'TenantCreated', 'no room')`;
  await refill();
  expect(await sweeps()).toEqual({ first: 1, second: 0 });
  expect(await missing()).toEqual([]);
  expect(await queue('first').getWaitingCount()).toBe(2);
  expect(Number(await value())).toBeGreaterThan(2);
});
