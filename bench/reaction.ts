import { tenantCreated } from '../src/events/tenant-created.ts';
import { defineReaction } from '../src/kernel/consumers/consumer.ts';
import { runConsumer } from '../src/kernel/consumers/run-consumer.ts';
import { addBatches } from '../src/outbox/add-batches.ts';
import { runRelay } from '../src/outbox/run-relay.ts';
import { transaction } from '../src/platform/transaction.ts';
import { alternate, type Measure, median, ratio, type Size } from './measure.ts';
import { fillOutbox, openWorld, seconds, type Servers, type World } from './world.ts';

const BATCH = 500;
const AT_ONCE = 4; // as many as the consumer has batches at hand

/** A consumer whose effect is one row for each event, and a promise that all effects are there. */
export function countingReaction() {
  let left = 0;
  let done = Promise.withResolvers<void>();
  const consumer = defineReaction<object, [typeof tenantCreated]>({
    name: 'bench', on: [tenantCreated],
    async handleBatch(events, { tx, afterCommit }) {
      await tx`insert into bench_effect select * from unnest(${events.map(({ eventId }) => eventId)}::uuid[])`;
      afterCommit(() => {
        left -= events.length;
        if (left <= 0) done.resolve();
      });
    },
  });
  const expect = (count: number) => {
    left = count;
    done = Promise.withResolvers();
    return done.promise;
  };
  return { consumer, expect };
}

export const createEffects = (world: World) => world.sql`create table bench_effect (event_id uuid primary key)`;

/** Starts the consumer on the world's queue. */
export function startConsumer(world: World, consumer: ReturnType<typeof countingReaction>['consumer']) {
  return runConsumer(consumer, {
    sql: world.sql, ports: {}, log: world.log, metrics: world.metrics, prefix: world.prefix, redis: world.patient,
    queue: world.queue('bench'), lockMs: 30_000, canaryMs: 60_000, onStuck: () => undefined, wake: () => undefined,
  });
}

/** Relays and consumes `count` events in this process. Returns the seconds from the first claim to the last effect. */
export async function relayAndReact(
  world: World,
  { consumer, expect }: ReturnType<typeof countingReaction>,
  count: number,
): Promise<number> {
  await fillOutbox(world.sql, count);
  const consumed = expect(count);
  const running = startConsumer(world, consumer);
  let relay: ReturnType<typeof runRelay> | undefined;
  const took = await seconds(() => {
    relay = runRelay({ ...world.relay, sweep: { ...world.sweep, graceMs: 30_000, everyMs: 5_000 } });
    return consumed;
  });
  await Promise.all([relay?.close(), running.close()]);
  return took;
}

/** Measures deliveries per second through a reaction, against the statements it stands on, bare and set-based. */
export async function measureReaction(servers: Servers, { count, rounds }: Size): Promise<Measure> {
  const counting = countingReaction();
  const world = await openWorld(servers, [counting.consumer]);
  await createEffects(world);
  const { ours, baseline } = await alternate(rounds, {
    async baseline() {
      await fillOutbox(world.sql, count);
      return count / (await seconds(() => runBare(world)));
    },
    async ours() {
      await fillOutbox(world.sql, count);
      await queueAll(world);
      const consumed = counting.expect(count);
      let running: ReturnType<typeof startConsumer> | undefined;
      const took = await seconds(() => {
        running = startConsumer(world, counting.consumer);
        return consumed;
      });
      await running?.close();
      return count / took;
    },
  });
  await world.close();
  return ratio({
    name: 'reaction, one row of effect, against its bare statements', unit: 'deliveries/s',
    ours: median(ours), baseline: median(baseline), bound: { atLeast: 0.6 },
  });
}

/** Reads events, records their consumption and writes their effects, in transactions of 500. */
async function runBare({ sql }: World): Promise<void> {
  const ids = (await sql<{ id: string }[]>`select id from pending_event order by id`).map(({ id }) => id);
  await sql`truncate pending_event`;
  const parts = Array.from({ length: Math.ceil(ids.length / BATCH) }, (_, index) => ids.slice(index * BATCH, (index + 1) * BATCH));
  const next = async () => {
    for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
      const some = part;
      await transaction(sql, async (tx) => {
        await tx`select * from outbox_event where id = any(${some}::uuid[]) and id between ${some[0] ?? null}::uuid and ${some.at(-1) ?? null}::uuid`;
        await tx`insert into consumed_event (consumer_name, event_id) select 'bench', id from unnest(${some}::uuid[]) as id`;
        await tx`insert into bench_effect select * from unnest(${some}::uuid[])`;
      });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, next));
}

/** Puts every pending event into the consumer's queue, however deep it gets. */
async function queueAll({ sql, relay }: World): Promise<void> {
  const batches = await sql<{ id: string; eventIds: readonly string[] }[]>`
    with event as (
      delete from pending_event returning id
    ), part as (
      select (row_number() over (order by id) - 1) / ${BATCH} as part, id from event
    )
    insert into queued_batch (consumer_name, lane, event_ids)
    select 'bench', 'normal', array_agg(id) from part group by part
    returning id, event_ids as "eventIds"
  `;
  await addBatches(relay, batches.map((batch) => ({ ...batch, consumer: 'bench', lane: 'normal', types: {} })));
}
