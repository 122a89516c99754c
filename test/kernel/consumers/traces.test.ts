import { expect, test } from 'vitest';
import type { CollectedSpan } from '../../../dev/sandbox/trace-collector.ts';
import { tenantCreated } from '../../../src/events/tenant-created.ts';
import { defineReaction } from '../../../src/kernel/consumers/consumer.ts';
import { append } from '../../../src/outbox/append.ts';
import { publishEvents } from '../../../src/outbox/publish.ts';
import { transaction } from '../../../src/platform/transaction.ts';
import { openSpine } from '../../support/spine.ts';
import { tenantJoined } from '../../support/tenant-joined.ts';
import { recordTraces } from '../../support/traces.ts';
import { until } from '../../support/until.ts';

const COUNT = 20;
const traceId = (index: number) => String(index).padStart(32, 'a');
const origin = (index: number) => ({ traceparent: `00-${traceId(index)}-00f067aa0ba902b7-01` });

/** A spine whose consumer says so in its log and has an event follow each event of the first generation. */
async function traced() {
  const { flush } = await recordTraces();
  const subject = defineReaction<object, [typeof tenantCreated]>({
    name: 'subject', on: [tenantCreated],
    async handle(event, { append: follow, log }) {
      log.info('handled');
      if (event.payload.name === 'first') follow(event, tenantJoined('second'));
    },
  });
  const spine = await openSpine({ consumers: [subject], ports: {} });
  const commit = (count: number) =>
    transaction(spine.sql, (tx) =>
      append(tx, ...Array.from({ length: count }, (_, index) => ({ event: tenantJoined('first'), origin: origin(index) }))));
  const consumed = (count: number) =>
    until(`${count} are consumed`, async () => (await spine.sql`select from consumed_event`).length === count);
  const handledIn = () => {
    const lines = spine.logged.map((line) => JSON.parse(line) as Readonly<Record<string, string>>);
    return lines.filter(({ msg }) => msg === 'handled').map((line) => line['traceId']);
  };
  return { ...spine, flush, commitTraced: commit, consumedAll: consumed, handledIn };
}

const recordsConsumption = ({ attributes }: CollectedSpan) => String(attributes['db.query.text']).includes('insert into consumed_event');
const called = (spans: readonly CollectedSpan[], name: string) => spans.filter((span) => span.name === name);

test('each delivery of a batch is in its own event’s trace, and so is what follows from it', async () => {
  const { relay, start, stop, sql, commitTraced, consumedAll, flush, handledIn } = await traced();
  await commitTraced(COUNT);
  await publishEvents(relay);
  start();
  await consumedAll(COUNT);
  await publishEvents(relay);
  await consumedAll(2 * COUNT);
  await stop();
  const spans = await flush();
  const traces = Array.from({ length: COUNT }, (_, index) => traceId(index));
  expect(called(spans, 'publish subject').map((span) => span.traceId).toSorted()).toEqual([...traces, ...traces].toSorted());
  const consumers = called(spans, 'process subject');
  expect(consumers.map((span) => span.traceId).toSorted()).toEqual([...traces, ...traces].toSorted());
  const above = (span: CollectedSpan) => spans.find(({ spanId }) => spanId === span.parentSpanId);
  expect(new Set(consumers.map((span) => above(span)?.name))).toEqual(new Set(['publish subject']));
  const following = await sql<{ traceparent: string }[]>`select traceparent from outbox_event where payload_json ->> 'name' = 'second'`;
  const parents = consumers.map((span) => `00-${span.traceId}-${span.spanId}-01`);
  expect(following).toHaveLength(COUNT);
  expect(following.filter(({ traceparent }) => !parents.includes(traceparent))).toEqual([]);
  expect(handledIn().toSorted()).toEqual([...traces, ...traces].toSorted());

  const shared = called(spans, 'react subject');
  expect(shared.length).toBeGreaterThan(0);
  for (const { traceId: first, links, attributes } of shared) {
    const together = new Set([first, ...links.map((link) => link.traceId)]);
    expect(together.size).toBe(attributes['messaging.batch.message_count']);
    expect(traces).toEqual(expect.arrayContaining([...together]));
  }
  const records = spans.filter(recordsConsumption).map((span) => above(span)?.name);
  expect(records.filter((name) => name === 'react subject')).toHaveLength(shared.length);
  expect(records.filter((name) => name !== 'react subject' && name !== 'process subject')).toEqual([]);
});

test('a delivery that waited continues its event’s own trace', async () => {
  const { start, stop, queue, relay, sweepAll, refill, commitTraced, consumedAll, flush, handledIn } = await traced();
  await commitTraced(1);
  await publishEvents(relay);
  await queue('subject').obliterate({ force: true });
  expect(await sweepAll()).toBe(1);
  await refill();
  start();
  await consumedAll(1);
  await stop();
  const spans = await flush();
  const parentSpanId = origin(0).traceparent.slice(36, 52);
  expect(called(spans, 'publish subject')).toMatchObject([{ traceId: traceId(0), parentSpanId }]);
  expect(called(spans, 'process subject')).toMatchObject([{ traceId: traceId(0), parentSpanId }]);
  expect(handledIn()).toEqual([traceId(0)]);
});

test('a delivery whose event has no trace is consumed, and begins none', async () => {
  const { relay, start, stop, commit, consumedAll, flush } = await traced();
  await commit(tenantJoined('last'));
  await publishEvents(relay);
  start();
  await consumedAll(1);
  await stop();
  const spans = await flush();
  expect(called(spans, 'publish subject')).toEqual([]);
  expect(called(spans, 'process subject')).toEqual([]);
});
