import { tenantCreated } from '../src/events/tenant-created.ts';
import { defineReaction } from '../src/kernel/consumer.ts';
import { runConsumer } from '../src/kernel/run-consumer.ts';
import { relayBatch } from '../src/outbox/relay.ts';
import type { Peer } from './peers/peer.ts';
import { fillOutbox, openWorld, seconds, type Servers } from './world.ts';

const CONCURRENCY = 200;
const RELAYS = 2;

/** Opens our relay and a reaction in this process, for the same job as the peers. */
export async function openSpine(servers: Servers): Promise<Peer> {
  let handled = 0;
  const consumer = defineReaction<object, [typeof tenantCreated]>({
    name: 'bench', on: [tenantCreated], concurrency: CONCURRENCY,
    async handleBatch(events, { tx }) {
      await tx`insert into bench_effect select * from unnest(${events.map(({ eventId }) => eventId)}::uuid[])`;
      handled += events.length;
    },
  });
  const world = await openWorld(servers, [consumer]);
  await world.sql`create table bench_effect (event_id uuid primary key)`;
  const { sql, log, metrics, prefix, patient: redis } = world;
  const running = runConsumer(consumer, {
    sql, log, metrics, prefix, redis, ports: {}, queue: world.queue('bench'),
    lockMs: 30_000, canaryMs: 60_000, onStuck: () => undefined, poke: () => undefined,
  });
  const relay = async () => {
    while ((await relayBatch(world.relay)) > 0);
  };
  return {
    name: 'columna',
    async round(count) {
      await fillOutbox(sql, count);
      handled = 0;
      const took = await seconds(async () => {
        await Promise.all(Array.from({ length: RELAYS }, relay));
        while (handled < count) await new Promise((resolve) => setTimeout(resolve, 2));
      });
      return count / took;
    },
    async [Symbol.asyncDispose]() {
      await running.close();
      await world.close();
    },
  };
}
