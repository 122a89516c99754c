import { expect, test } from 'vitest';
import { tenantCreated } from '../../../src/events/tenant-created.ts';
import { makeConsume } from '../../../src/kernel/consumers/consume-batch.ts';
import { SupersededBatch } from '../../../src/kernel/consumers/consumed.ts';
import { defineReaction, type ReactionContext } from '../../../src/kernel/consumers/consumer.ts';
import { RetryLater } from '../../../src/events/contract/errors.ts';
import type { EventOf } from '../../../src/events/contract/event.ts';
import { consumerMetrics, openRegistry } from '../../../src/platform/metrics.ts';
import { openSpine } from '../../support/spine.ts';
import { tenantJoined } from '../../support/tenant-joined.ts';

type TenantCreated = typeof tenantCreated;
type Handle = (event: EventOf<TenantCreated>, context: ReactionContext<object>) => Promise<void>;

/** Writes the effect: a row for each event, which must be one. */
const effect: Handle = async ({ eventId }, { tx }) =>
  void (await tx`insert into daily_metric values (${eventId}, '2026-01-01', 'effect', 1)`);

/** Committed events, and what consumes batches of them. */
async function consuming(handle: Handle, ...names: string[]) {
  const together: number[] = [];
  const subject = defineReaction<object, [TenantCreated]>({
    name: 'subject', on: [tenantCreated],
    async handleBatch(events, context) {
      together.push(events.length);
      for (const event of events) await handle(event, context);
    },
  });
  const spine = await openSpine({ consumers: [subject], ports: {} });
  const { sql, log } = spine;
  const ids = await spine.commit(...names.map((name) => tenantJoined(name)));
  const consume = makeConsume(subject, { sql, log, ports: {}, wake: () => undefined, onConsumed: () => undefined }, {
    metrics: consumerMetrics(openRegistry()), onUnavailable: () => 1_000,
  });
  /** Puts a batch of the events on record. Returns its id. */
  async function open(): Promise<string> {
    const id = crypto.randomUUID();
    await sql`insert into queued_batch (id, consumer_name, lane, event_ids) values (${id}, 'subject', 'normal', ${ids}::uuid[])`;
    return id;
  }
  return {
    sql, ids, open, together,
    consume: (id: string) => consume({ id, eventIds: ids, traceparents: {}, crashes: 0, signal: undefined }),
    effects: async () => (await sql<{ id: string }[]>`select tenant_id as id from daily_metric`).map(({ id }) => id).toSorted(),
  };
}

test('a batch that was consumed in part has each effect once, and the rest is handled together', async () => {
  const { sql, ids, open, consume, effects, together } = await consuming(effect, 'one', 'two', 'three');
  const [first = '', ...rest] = ids;
  await sql`insert into consumed_event (consumer_name, event_id) values ('subject', ${first})`;
  expect(await consume(await open())).toEqual([]);
  expect(await effects()).toEqual(rest.toSorted());
  expect(await sql`select from consumed_event`).toHaveLength(3);
  expect(await sql`select from queued_batch`).toHaveLength(0);
  expect(await consume(await open())).toEqual([]);
  expect(await effects()).toEqual(rest.toSorted());
  expect(together.at(-1)).toBe(2);
});

test('only the failing delivery of a batch counts an attempt and waits; the others are consumed', async () => {
  const { sql, ids, open, consume, effects } = await consuming(async (event, context) => {
    await effect(event, context);
    if (event.payload.name === 'failing') throw new Error('not this time');
    if (event.payload.name === 'early') throw new RetryLater(60_000, 'not yet');
  }, 'one', 'failing', 'early', 'two');
  const [one = '', failing = '', early = '', two = ''] = ids;
  const outcomes = async () => (await consume(await open())).map(({ eventId, outcome, attempts }) => ({ eventId, outcome, attempts }));
  for (const attempts of [1, 2]) {
    expect(await outcomes()).toEqual([
      { eventId: failing, outcome: 'retry', attempts }, { eventId: early, outcome: 'parked', attempts: 0 },
    ]);
    expect(await effects()).toEqual([one, two].toSorted());
  }
  expect(await sql`select event_id, attempts from delivery_failure`).toEqual([{ event_id: failing, attempts: 2 }]);
  const waiting = await sql`select event_id, reason, is_due, not_before > now() as ahead from waiting_delivery order by reason`;
  expect(waiting).toEqual([
    { event_id: early, reason: 'parked', is_due: false, ahead: true }, { event_id: failing, reason: 'retry', is_due: false, ahead: true },
  ]);
  expect(await sql`select from queued_batch`).toHaveLength(0);
});

test('a batch that is no longer on record has no effect, whether all of it is well or not', async () => {
  const { ids, open, consume, effects, sql } = await consuming(async (event, context) => {
    await effect(event, context);
    if (event.payload.name === 'failing') throw new Error('not this time');
  }, 'one', 'failing');
  await expect(consume(crypto.randomUUID())).rejects.toBeInstanceOf(SupersededBatch);
  expect(await effects()).toEqual([]);
  expect(await sql`select from delivery_failure`).toHaveLength(0);
  await consume(await open());
  expect(await effects()).toEqual(ids.slice(0, 1));
});
