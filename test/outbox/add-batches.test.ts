import { expect, test } from 'vitest';
import { tenantCreated } from '../../src/events/tenant-created.ts';
import { defineReaction } from '../../src/kernel/consumers/consumer.ts';
import { publishEvents } from '../../src/outbox/publish.ts';
import type { BatchQueue } from '../../src/platform/queues.ts';
import { Unavailable } from '../../src/platform/unavailable.ts';
import { openSpine } from '../support/spine.ts';
import { tenantJoined } from '../support/tenant-joined.ts';
import { until } from '../support/until.ts';

/** A queue whose answer to new batches is lost: Redis has taken them. */
const losingAnswers = (queue: BatchQueue): BatchQueue =>
  Object.assign(Object.create(queue) as BatchQueue, {
    async addBulk(jobs: Parameters<BatchQueue['addBulk']>[0]) {
      await queue.addBulk(jobs);
      throw new Error('NOREPLICAS Not enough good replicas to write.');
    },
  });

test('deliveries of a batch that Redis refuses wait, and the batch does nothing if Redis took it all the same', async () => {
  const handled: string[] = [];
  const watch = (name: string) => defineReaction<object, [typeof tenantCreated]>({
    name, on: [tenantCreated], handle: async ({ eventId }) => void handled.push(`${name} ${eventId}`),
  });
  const spine = await openSpine({ consumers: [watch('first'), watch('second')], ports: {} });
  const { sql, relay, queue, logged } = spine;
  const ids = await spine.commit(tenantJoined(), tenantJoined());
  const refusing = { ...relay, queue: (name: string) => (name === 'first' ? losingAnswers(queue(name)) : queue(name)) };
  await expect(publishEvents(refusing)).rejects.toBeInstanceOf(Unavailable);
  expect(await sql`select status, failure from outbox_event`).toEqual(ids.map(() => ({ status: 'published', failure: null })));
  expect(await sql`select distinct consumer_name, reason, is_due from waiting_delivery`).toEqual([
    { consumer_name: 'first', reason: 'unavailable', is_due: true },
  ]);
  expect(await queue('first').getWaitingCount()).toBe(1);

  spine.start();
  await until('the other consumer has handled both', () => handled.length === 2);
  await until('the batch that Redis took is superseded', () => logged.some((line) => line.includes('batch was superseded')));
  expect(handled.toSorted()).toEqual(ids.map((id) => `second ${id}`).toSorted());
  await spine.refill();
  await until('every delivery is consumed', async () => (await sql`select from consumed_event`).length === 4);
  expect(handled.toSorted()).toEqual(['first', 'second'].flatMap((name) => ids.map((id) => `${name} ${id}`)).toSorted());
});
