import { expect, test } from 'vitest';
import { tenantCreated } from '../../../src/events/tenant-created.ts';
import { makeConsume } from '../../../src/kernel/consumers/consume-batch.ts';
import { type Consumer, defineOutbound, defineReaction } from '../../../src/kernel/consumers/consumer.ts';
import { RetryLater } from '../../../src/events/contract/errors.ts';
import { consumerMetrics, openRegistry } from '../../../src/platform/metrics.ts';
import type { Sql } from '../../../src/platform/postgres.ts';
import { openSpine } from '../../support/spine.ts';
import { tenantJoined } from '../../support/tenant-joined.ts';

type TenantCreated = typeof tenantCreated;
type Handle = (eventId: string, sql: Sql) => Promise<void>;

/** A batch of deliveries at hand that took down so many workers, and what consumes it. */
async function suspected(makeConsumer: (handle: Handle) => Consumer<object>, handle: Handle, crashes = 3) {
  const consumer = makeConsumer(handle);
  const spine = await openSpine({ consumers: [consumer], ports: {} });
  const { sql, log } = spine;
  const ids = await spine.commit(tenantJoined(), tenantJoined(), tenantJoined());
  const consume = makeConsume(consumer, { sql, log, ports: { sql }, wake: () => undefined, onConsumed: () => undefined }, {
    metrics: consumerMetrics(openRegistry()), onUnavailable: () => 1_000,
  });
  return {
    sql, ids,
    /** Consumes the deliveries in a new batch. Returns what became of those that failed. */
    async consume() {
      const id = crypto.randomUUID();
      await sql`insert into queued_batch (id, consumer_name, lane, event_ids) values (${id}, 'subject', 'normal', ${ids}::uuid[])`;
      return consume({ id, eventIds: ids, traceparents: {}, crashes, signal: undefined });
    },
    /** Notes crashes of workers that handled the delivery alone. */
    crashed: (eventId: string, times: number) => sql`
      insert into delivery_failure (consumer_name, event_id, attempts, error, fingerprint, crashes)
      values ('subject', ${eventId}, 0, 'a worker went down', 'crash', ${times})
    `,
    consumed: async () => (await sql<{ id: string }[]>`select event_id as id from consumed_event`).map(({ id }) => id).toSorted(),
    dead: () => sql`select event_id, error from dead_letter`,
    onRecord: () => sql<{ event_id: string; crashes: number }[]>`select event_id, crashes from delivery_failure`,
  };
}

const reaction = (handle: Handle) => defineReaction<{ sql: Sql }, [TenantCreated]>({
  name: 'subject', on: [tenantCreated], handle: ({ eventId }, { ports }) => handle(eventId, ports.sql),
}) as Consumer<object>;

const outbound = (handle: Handle) => defineOutbound<object, [TenantCreated], string, undefined>({
  name: 'subject', on: [tenantCreated],
  claim: async (events) => new Map(events.map(({ eventId }) => [eventId, { state: 'mine', task: eventId }])),
  async perform(eventId, { sql }) {
    await handle(eventId, sql);
    return { end: undefined };
  },
  settle: async () => undefined,
});

const kinds: [string, (handle: Handle) => Consumer<object>][] = [['reaction', reaction], ['outbound consumer', outbound]];

test.for(kinds)('%s: a delivery that took down three workers alone is a dead letter, and its neighbours are consumed', async ([, kind]) => {
  const handled: string[] = [];
  const { ids, crashed, consume, consumed, dead, onRecord } = await suspected(kind, async (eventId) => void handled.push(eventId));
  const [first = '', culprit = '', last = ''] = ids;
  await crashed(culprit, 3);
  expect(await consume()).toMatchObject([{ eventId: culprit, outcome: 'dead' }]);
  expect(await dead()).toEqual([{ event_id: culprit, error: 'Permanent: 3 workers went down with it' }]);
  expect(await consumed()).toEqual([first, last].toSorted());
  expect(handled).toEqual([first, last]);
  expect(await onRecord()).toEqual([]);
});

test.for(kinds)('%s: each suspect is on record before it is handled, alone', async ([, kind]) => {
  const seen: unknown[] = [];
  const { ids, consume, onRecord, crashed, consumed } = await suspected(kind, async (eventId, sql) => {
    seen.push(...(await sql`select event_id, crashes from delivery_failure where event_id = ${eventId} or crashes = 1`));
  });
  await crashed(ids[1] ?? '', 2);
  expect(await consume()).toEqual([]);
  expect(seen).toEqual([
    { event_id: ids[0], crashes: 1 }, { event_id: ids[1], crashes: 3 }, { event_id: ids[2], crashes: 1 },
  ]);
  expect(await consumed()).toEqual(ids.toSorted());
  expect(await onRecord()).toEqual([]);
});

test('a batch that took down fewer workers is handled together, and nothing is put on record', async () => {
  const { sql, ids, consume, consumed, onRecord } = await suspected(reaction, async (_, pool) => {
    expect(await pool`select from delivery_failure`).toHaveLength(0);
  }, 2);
  expect(await consume()).toEqual([]);
  expect(await consumed()).toEqual(ids.toSorted());
  expect(await onRecord()).toEqual([]);
  expect(await sql`select from queued_batch`).toHaveLength(0);
});

test.for(kinds)('%s: a suspect that is put off again and again took down nobody', async ([, kind]) => {
  const { ids, consume, dead, onRecord, sql } = await suspected(kind, async (eventId) => {
    if (eventId === ids[0]) throw new RetryLater(60_000, 'not yet');
  });
  for (let round = 0; round < 5; round += 1) {
    expect(await consume()).toMatchObject([{ eventId: ids[0], outcome: 'parked' }]);
    await sql`delete from waiting_delivery`;
  }
  expect(await dead()).toEqual([]);
  expect(await onRecord()).toEqual([]);
});

test('a suspect that fails beside a culprit is not blamed for the culprit’s crashes', async () => {
  const { ids, consume, onRecord } = await suspected(reaction, async (eventId, sql) => {
    if (eventId === ids[0]) throw new Error('not this time');
    if (eventId === ids[1]) expect(await sql`select crashes from delivery_failure where event_id = ${ids[0] ?? ''} and crashes > 0`).toEqual([]);
  });
  expect(await consume()).toMatchObject([{ eventId: ids[0], outcome: 'retry' }]);
  expect(await onRecord()).toEqual([{ event_id: ids[0], crashes: 0 }]);
});
