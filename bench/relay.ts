import { tenantCreated } from '../src/events/tenant-created.ts';
import { defineReaction } from '../src/kernel/consumers/consumer.ts';
import { makePublisher } from '../src/outbox/publish.ts';
import { alternate, type Measure, ratioOfRounds, type Size } from './measure.ts';
import { fillOutbox, openWorld, seconds, type Servers, type World } from './world.ts';

const BATCH = 500;
const AT_ONCE = 2; // as many as a relay has publishers

/** Measures events per second through a relay with one consumer, against its bare claim-and-mark statements. */
export async function measureRelay(servers: Servers, { count, rounds }: Size): Promise<Measure> {
  const consumer = defineReaction({ name: 'bench', on: [tenantCreated], handle: async () => undefined });
  const world = await openWorld(servers, [consumer]);
  const { ours, baseline } = await alternate(rounds, {
    async baseline() {
      await fillOutbox(world.sql, count);
      return count / (await seconds(() => claimAndMark(world)));
    },
    async ours() {
      await fillOutbox(world.sql, count);
      const rate = count / (await seconds(() => publishAll(world)));
      await world.sql`truncate queued_batch, waiting_delivery`;
      await world.queue('bench').obliterate({ force: true });
      return rate;
    },
  });
  await world.close();
  return ratioOfRounds({
    name: 'relay, one consumer, against its bare claim and mark', unit: 'events/s', ours, baseline, bound: { atLeast: 0.5 },
  });
}

/** Publishes everything; each batch leaves the queue at once, so that there is always room. */
async function publishAll(world: World): Promise<void> {
  const publish = makePublisher(world.relay);
  const drain = async () => {
    for (let isMore = true; isMore;) {
      const published = await publish();
      await world.redis.del(world.queue('bench').toKey('wait'));
      isMore = published.isMore || published.isFull;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, drain));
}

async function claimAndMark({ relay: { sql } }: World): Promise<void> {
  const drain = async () => {
    for (;;) {
      const rows = await sql<{ id: string }[]>`
        delete from pending_event where id = any (array(
          select id from pending_event order by id limit ${BATCH} for update skip locked
        ))
        returning id
      `;
      if (rows.length === 0) return;
      const ids = rows.map(({ id }) => id).sort();
      await sql`
        update outbox_event set status = 'published', published_at = clock_timestamp()
        where id = any (${ids}::uuid[]) and id between ${ids[0] ?? null}::uuid and ${ids.at(-1) ?? null}::uuid
      `;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, drain));
}
