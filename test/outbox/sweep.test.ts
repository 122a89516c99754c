import { expect, test } from 'vitest';
import { tenantCreated } from '../../src/events/tenant-created.ts';
import { defineReaction } from '../../src/kernel/consumers/consumer.ts';
import { Permanent } from '../../src/kernel/errors.ts';
import { relayBatch } from '../../src/outbox/relay.ts';
import { sweep } from '../../src/outbox/sweep.ts';
import { figures } from '../support/figures.ts';
import { openSpine } from '../support/spine.ts';
import { tenantJoined } from '../support/tenant-joined.ts';
import { until } from '../support/until.ts';

const poison: string[] = [];
const subject = defineReaction<object, [typeof tenantCreated]>({
  name: 'subject', on: [tenantCreated],
  async handle({ eventId }) {
    if (poison.includes(eventId)) throw new Permanent('poison');
  },
});

test('every delivery that is not verified yet is consumed, dead, in flight, deferred or missing, and at rest none is missing', async () => {
  const { sql, relay, registry, commit, start, stop, queue } = await openSpine({ consumers: [subject], ports: {}, queueDepth: 3 });
  const states = async () => {
    await sweep(relay, 0);
    const found = Object.entries(figures(await registry.metrics())).filter(([series]) => series.startsWith('deliveries{'));
    return Object.fromEntries(found.map(([series, value]) => [/state="(\w+)"/.exec(series)?.[1], value]));
  };
  const ended = (count: number) =>
    until(`${count} are consumed or dead`, async () => {
      const [row] = await sql`select (select count(*) from consumed_event) + (select count(*) from dead_letter) as ended`;
      return Number(row?.['ended']) === count;
    });
  expect(await states()).toEqual({ consumed: 0, dead: 0, in_flight: 0, deferred: 0, missing: 0 });

  const [dead] = await commit(tenantJoined(), tenantJoined());
  poison.push(dead as string);
  await relayBatch(relay);
  start();
  await ended(2);
  await stop();
  await queue('subject').pause();
  await commit(...Array.from({ length: 3 }, () => tenantJoined()));
  await relayBatch(relay);
  await relay.depths.room('subject'); // the relay looks again a second later only
  await commit(tenantJoined());
  await relayBatch(relay);
  expect(await states()).toEqual({ consumed: 1, dead: 1, in_flight: 3, deferred: 1, missing: 0 });

  await queue('subject').drain();
  expect(await states()).toEqual({ consumed: 1, dead: 1, in_flight: 0, deferred: 1, missing: 3 });
  await queue('subject').resume();
  start();
  await ended(5);
  expect(await states()).toMatchObject({ missing: 1, deferred: 0 });
  await ended(6);
  expect(await states()).toEqual({ consumed: 5, dead: 1, in_flight: 0, deferred: 0, missing: 0 });
});

test('an event’s way to its queue is timed by the database’s clock alone', async () => {
  const { sql, relay, registry, commit } = await openSpine({ consumers: [subject], ports: {} });
  await commit(tenantJoined(), tenantJoined());
  await sql`update outbox_event set created_at = now() - interval '1 hour'`;
  await relayBatch(relay);
  const { commit_to_publish_seconds_sum: sum, commit_to_publish_seconds_count: count } = figures(await registry.metrics());
  expect(count).toBe(2);
  expect(sum).toBeCloseTo(7_200, -2);
});
