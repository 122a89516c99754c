import { expect, onTestFinished, test } from 'vitest';
import { examineQueues } from '../../../src/backoffice/doctor/examine-queues.ts';
import { openQueue } from '../../../src/platform/queues.ts';
import { complaints, findingOf } from '../../support/findings.ts';
import { connectRedis, redisPrefix } from '../../support/redis.ts';

/** The queues `one` and `two`, and what the doctor says of them. */
async function setUp() {
  const { url, prefix } = redisPrefix();
  const redis = await connectRedis(url);
  const queue = async (name: string) => {
    const opened = openQueue(name, { redis, prefix });
    onTestFinished(() => opened.close());
    await opened.waitUntilReady();
    return opened;
  };
  for (const name of ['one', 'two']) await queue(name);
  return { redis, queue, examine: (...consumers: string[]) => examineQueues(consumers, { redis, prefix }) };
}

test('queues of consumers that are not paused are fine, and looking leaves nothing behind', async () => {
  const { redis, examine } = await setUp();
  const listeners = () => redis.eventNames().reduce((sum, name) => sum + redis.listenerCount(name), 0);
  const before = listeners();
  expect(complaints(await examine('one', 'two'))).toEqual([]);
  expect(listeners()).toBe(before);
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
