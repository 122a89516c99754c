import { tenantCreated } from '../src/events/tenant-created.ts';
import { defineReaction } from '../src/kernel/consumers/consumer.ts';
import { publishEvents } from '../src/outbox/publish.ts';
import { type Measure, ratio, type Size } from './measure.ts';
import { fillOutbox, median, openWorld, seconds, type Servers, type World } from './world.ts';

const BATCH = 500;

/** Events per second through one relay with one consumer, against a bare `addBulk` of as many jobs. */
export async function measureRelay(servers: Servers, { count, rounds }: Size): Promise<Measure> {
  const consumer = defineReaction({ name: 'bench', on: [tenantCreated], handle: async () => undefined });
  const world = await openWorld(servers, [consumer]);
  const [ours, baseline]: [number[], number[]] = [[], []];
  for (let round = 0; round <= rounds; round += 1) {
    const raw = await seconds(() => addRaw(world, count, round));
    await fillOutbox(world.sql, count);
    const relayed = await seconds(() =>
      Promise.all(
        Array.from({ length: 2 }, async () => {
          while ((await publishEvents(world.relay)).events > 0);
        }),
      ),
    );
    await world.queue('bench').obliterate({ force: true });
    await world.queue('raw').obliterate({ force: true });
    if (round === 0) continue; // the first round warms up
    ours.push(count / relayed);
    baseline.push(count / raw);
  }
  await world.close();
  return ratio({
    name: 'relay, one consumer, against addBulk', unit: 'events/s',
    ours: median(ours), baseline: median(baseline), bound: { atLeast: 0.65 },
  });
}

async function addRaw(world: World, count: number, round: number): Promise<void> {
  for (let from = 0; from < count; from += BATCH) {
    const jobs = Array.from({ length: Math.min(BATCH, count - from) }, (_, index) => {
      const eventId = `0196f3a2-0000-7000-8000-${String(round * 10_000_000 + from + index).padStart(12, '0')}`;
      const data = { eventIds: [eventId], types: {}, lane: 'normal' };
      return { name: 'TenantCreated', data, opts: { jobId: eventId } };
    });
    await world.queue('raw').addBulk(jobs);
  }
}
