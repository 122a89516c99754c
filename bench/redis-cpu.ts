import { randomUUID } from 'node:crypto';
import { openWorker } from '../src/platform/queues.ts';
import type { Redis } from '../src/platform/redis.ts';
import { type Measure, ratioOfRounds, type Size } from './measure.ts';
import { countingReaction, createEffects, relayAndReact } from './reaction.ts';
import { openWorld, type Servers, type World } from './world.ts';

const ADDED_AT_ONCE = 500;
const AT_ONCE = 50; // jobs of a worker, where each is one delivery

/** Measures Redis's CPU time per delivery through relay and consumer, against bare queue jobs of one delivery each. */
export async function measureRedisCpu(servers: Servers, { count, rounds }: Size): Promise<Measure> {
  const counting = countingReaction();
  const world = await openWorld(servers, [counting.consumer]);
  await createEffects(world);
  const [ours, baseline]: [number[], number[]] = [[], []];
  for (let round = 0; round <= rounds; round += 1) {
    const bare = await cpuOf(world.redis, () => runJobs(world, count));
    const batched = await cpuOf(world.redis, () => relayAndReact(world, counting, count));
    if (round === 0) continue; // the first round warms up
    ours.push(batched / count);
    baseline.push(bare / count);
  }
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
  let left = count;
  const done = Promise.withResolvers<void>();
  const worker = openWorker('bare', async () => {
    left -= 1;
    if (left === 0) done.resolve();
  }, { redis: patient, prefix, concurrency: AT_ONCE, lockMs: 30_000, onError: done.reject });
  void worker.run();
  for (let added = 0; added < count; added += ADDED_AT_ONCE) {
    await queue('bare').addBulk(Array.from({ length: ADDED_AT_ONCE }, () => {
      const jobId = randomUUID();
      return { name: 'TenantCreated', data: { eventIds: [jobId], types: { TenantCreated: 1 }, lane: 'normal' as const }, opts: { jobId } };
    }));
  }
  await done.promise;
  await worker.close();
}
