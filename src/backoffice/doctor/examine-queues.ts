import { openQueue, type QueueOptions } from '../../platform/queues.ts';
import { type Finding, fine, warning } from '../../platform/finding.ts';

const ALARMS = 'jobs'; // the queue of the jobs' alarms

/** Looks for queues that are paused, and queues without a consumer. */
export async function examineQueues(consumers: readonly string[], options: QueueOptions): Promise<readonly Finding[]> {
  await using stack = new AsyncDisposableStack();
  const queues = consumers.map((name) => stack.adopt(openQueue(name, options), (queue) => queue.close()));
  const states = await Promise.all(queues.map(async (queue) => {
    return { name: queue.name, isPaused: await queue.isPaused() };
  }));
  const known = new Set([ALARMS, ...consumers]);
  const orphans = (await listQueues(options)).filter((name) => !known.has(name));
  const paused = states.filter(({ isPaused }) => isPaused).map(({ name }) => name);
  return [
    paused.length === 0
      ? fine('paused queues', 'No queue is paused.')
      : warning('paused queues', `Paused: ${paused.join(', ')}.`, 'Resume them in Bull Board once what they were paused for is done.'),
    orphans.length === 0
      ? fine('queues without a consumer', 'Every queue is a consumer’s.')
      : warning('queues without a consumer', `No consumer of this release has: ${orphans.join(', ')}.`, 'If a consumer was removed, drain its queue in Redis; if it was renamed, give it its name back.'),
  ];
}

async function listQueues({ redis, prefix }: QueueOptions): Promise<readonly string[]> {
  const names = new Set<string>();
  for (let at = '0'; ; ) {
    const [next, keys] = await redis.scan(at, 'MATCH', `${prefix}:*:meta`, 'COUNT', 1_000);
    for (const key of keys) names.add(key.slice(prefix.length + 1, -':meta'.length));
    if (next === '0') return [...names].sort();
    at = next;
  }
}
