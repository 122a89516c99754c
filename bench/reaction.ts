import { tenantCreated } from '../src/events/tenant-created.ts';
import { defineReaction } from '../src/kernel/consumer.ts';
import { runConsumer } from '../src/kernel/run-consumer.ts';
import { relayBatch } from '../src/outbox/relay.ts';
import { openWorker } from '../src/platform/queues.ts';
import { type Measure, median, ratio, type Size } from './measure.ts';
import { fillOutbox, openWorld, seconds, type Servers, type World } from './world.ts';

const CONCURRENCY = 200;

/** Deliveries per second through a reaction (proof and a one-row effect), against a bare worker that does nothing. */
export async function measureReaction(servers: Servers, { count, rounds }: Size): Promise<Measure> {
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
  const [ours, baseline]: [number[], number[]] = [[], []];
  for (let round = 0; round <= rounds; round += 1) {
    await fillQueue(world, count);
    const raw = await seconds(() => drainRaw(world, count));
    await fillQueue(world, count);
    handled = 0;
    let running: ReturnType<typeof runConsumer> | undefined;
    const took = await seconds(async () => {
      running = runConsumer(consumer, {
        sql: world.sql, ports: {}, log: world.log, metrics: world.metrics, prefix: world.prefix, redis: world.patient,
        queue: world.queue('bench'), lockMs: 30_000, canaryMs: 60_000, onStuck: () => undefined, poke: () => undefined,
      });
      while (handled < count) await new Promise((resolve) => setTimeout(resolve, 2));
    });
    await running?.close();
    if (round === 0) continue;
    ours.push(count / took);
    baseline.push(count / raw);
  }
  await world.close();
  return ratio({
    name: 'reaction, one-row effect, against an empty worker', unit: 'deliveries/s',
    ours: median(ours), baseline: median(baseline), bound: { atLeast: 0.5 },
  });
}

async function fillQueue(world: World, count: number): Promise<void> {
  await fillOutbox(world.sql, count);
  while ((await relayBatch(world.relay)) > 0);
}

async function drainRaw(world: World, count: number): Promise<void> {
  const done = Promise.withResolvers<void>();
  let handled = 0;
  const handle = async () => {
    handled += 1;
    if (handled === count) done.resolve();
  };
  const { patient: redis, prefix } = world;
  const facts = { concurrency: CONCURRENCY, lockMs: 30_000, onError: () => undefined };
  const worker = openWorker('bench', handle, { redis, prefix, ...facts });
  void worker.run();
  await done.promise;
  await worker.close();
}
