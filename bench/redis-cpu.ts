import { randomUUID } from 'node:crypto';
import { openWorker } from '../src/platform/queues.ts';
import type { Redis } from '../src/platform/redis.ts';
import { alternate, type Measure, ratioOfRounds, type Size } from './measure.ts';
import { countingReaction, createEffects, relayAndReact } from './reaction.ts';
import { openWorld, type Servers, type World } from './world.ts';

const ADDED_AT_ONCE = 500;
const AT_ONCE = 50; // jobs of a worker, where each is one delivery

/** Measures Redis's CPU time per delivery through relay and consumer, against bare queue jobs of one delivery each. */
export async function measureRedisCpu(servers: Servers, { count, rounds }: Size): Promise<Measure> {
  const counting = countingReaction();
  const world = await openWorld(servers, [counting.consumer]);
  await createEffects(world);
  const { ours, baseline } = await alternate(rounds, {
    baseline: async () => (await cpuOf(world.redis, () => runJobs(world, count))) / count,
    ours: async () => (await cpuOf(world.redis, () => relayAndReact(world, counting, count))) / count,
  });
  await world.close();
  return ratioOfRounds({
    name: 'Redis CPU per delivery, against a job for each', unit: 'µs', ours, baseline, bound: { atMost: 0.1 },
  });
}

/** Microseconds of CPU that Redis spends meanwhile. */
async function cpuOf(redis: Redis, run: () => Promise<unknown>): Promise<number> {
  const before = await usedCpu(redis);
  await run();
  return ((await usedCpu(redis)) - before) * 1_000_000;
}

async function usedCpu(redis: Redis): Promise<number> {
  const info = await redis.info('cpu');
  const read = (field: string) => Number(new RegExp(`^${field}:(.+)$`, 'm').exec(info)?.[1]);
  return read('used_cpu_user') + read('used_cpu_sys');
}

/** Adds jobs of one delivery each and lets a worker finish them. */
async function runJobs({ queue, patient, prefix }: World, count: number): Promise<void> {
  let remaining = count;
  const completion = Promise.withResolvers<void>();
  const worker = openWorker('bare', async () => {
    remaining -= 1;
    if (remaining === 0) completion.resolve();
  }, { redis: patient, prefix, concurrency: AT_ONCE, lockMs: 30_000, onError: completion.reject });
  void worker.run();
  for (let added = 0; added < count; added += ADDED_AT_ONCE) {
    await queue('bare').addBulk(Array.from({ length: ADDED_AT_ONCE }, () => {
      const id = randomUUID();
      const data = { eventIds: [id], types: { TenantCreated: 1 }, lane: 'normal' as const };
      return { name: 'TenantCreated', data, opts: { jobId: id } };
    }));
  }
  await completion.promise;
  await worker.close();
}
