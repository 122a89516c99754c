import { expect, onTestFinished, test } from 'vitest';
import { examineQueues } from '../../../src/backoffice/doctor/examine-queues.ts';
import { openQueue, openWorker } from '../../../src/platform/queues.ts';
import { openPatientRedis } from '../../../src/platform/redis.ts';
import { openLog } from '../../../src/platform/log.ts';
import { complaints, findingOf } from '../../support/findings.ts';
import { connectRedis, redisPrefix } from '../../support/redis.ts';

/** Workers on the queues `one` and `two`, as a worker process has them. */
async function setUp() {
  const { url, prefix } = redisPrefix();
  const redis = await connectRedis(url);
  const patient = openPatientRedis({ url, name: 'test', log: openLog({ process: 'test', level: 'silent' }) });
  const workers = ['one', 'two'].map((name) =>
    openWorker(name, async () => undefined, { redis: patient, prefix, concurrency: 1, lockMs: 2_000, onError: () => undefined }));
  onTestFinished(async () => {
    await Promise.all(workers.map((worker) => worker.close()));
    patient.disconnect();
  });
  for (const worker of workers) void worker.run();
  await Promise.all(workers.map((worker) => worker.waitUntilReady()));
  const queue = async (name: string) => {
    const opened = openQueue(name, { redis, prefix });
    onTestFinished(() => opened.close());
    await opened.waitUntilReady();
    return opened;
  };
  return { redis, queue, workers, examine: (...consumers: string[]) => examineQueues(consumers, { redis, prefix }) };
}

test('queues that workers take from are fine, and looking leaves nothing behind', async () => {
  const { redis, examine } = await setUp();
  const listeners = () => redis.eventNames().reduce((sum, name) => sum + redis.listenerCount(name), 0);
  const before = listeners();
  expect(complaints(await examine('one', 'two'))).toEqual([]);
  expect(listeners()).toBe(before);
});

test('a consumer that no worker works for is a problem, by its name', async () => {
  const { examine } = await setUp();
  expect(findingOf(await examine('one', 'three', 'two'), 'consumers')).toMatchObject({ verdict: 'problem', found: 'No worker takes from: three.' });
});

test('a paused queue is a warning, by its name', async () => {
  const { queue, examine } = await setUp();
  await (await queue('two')).pause();
  expect(findingOf(await examine('one', 'two'), 'paused queues')).toMatchObject({ verdict: 'warning', found: 'Paused: two.' });
});

test('a queue that is no consumer’s is a warning, by its name; the jobs’ alarms are known', async () => {
  const { queue, examine } = await setUp();
  for (const name of ['forgotten', 'jobs']) await (await queue(name)).add(name, { eventIds: ['x'], types: {}, lane: 'normal' });
  expect(findingOf(await examine('one', 'two'), 'queues without a consumer')).toMatchObject({
    verdict: 'warning', found: 'No consumer of this release has: forgotten.',
  });
});
