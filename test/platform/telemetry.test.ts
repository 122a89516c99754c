import { expect, test } from 'vitest';
import { freePort } from '../../dev/free-port.ts';
import {
  fromMetadata, inSpan, recordIn, startChild, startServerSpan, startSpan, toMetadata, traceOf, within, withinAll,
} from '../../src/platform/telemetry.ts';
import { transaction } from '../../src/platform/transaction.ts';
import { createDatabase } from '../support/database.ts';
import { recordTraces } from '../support/traces.ts';

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const SAMPLED = `00-${TRACE_ID}-00f067aa0ba902b7-01`;
const UNSAMPLED = `00-${TRACE_ID}-00f067aa0ba902b7-00`;
const WAITING_SPANS = 8_192;

test('without a collector a span is its parent’s place, a request has ids all the same, and work is just done', async () => {
  expect(traceOf(startSpan('x', { parent: SAMPLED }))?.traceparent).toBe(SAMPLED);
  expect(traceOf(startSpan('x', {}))).toBeUndefined();
  expect(toMetadata(startSpan('x', {}))).toBeUndefined();
  expect(startServerSpan(SAMPLED)).toMatchObject({ clientTraceId: TRACE_ID, trace: { traceId: expect.not.stringContaining(TRACE_ID) as unknown } });
  expect(startServerSpan('nonsense').clientTraceId).toBeUndefined();
  expect(startServerSpan('nonsense').trace.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
  expect(await inSpan('x', {}, async () => startChild('y', {}) ?? 'done')).toBe('done');
});

test('a place goes through a queue’s metadata as bullmq-otel writes it', () => {
  expect(JSON.parse(toMetadata(startSpan('x', { parent: SAMPLED })) ?? '')).toEqual({ traceparent: SAMPLED });
  expect(fromMetadata(JSON.stringify({ traceparent: SAMPLED, tracestate: 'a=b' }))).toBe(SAMPLED);
  expect(fromMetadata('{"traceparent":"nonsense"}')).toBeUndefined();
});

test('what its parent’s trace does not record is not recorded, and what it records is, whatever the ratio', async () => {
  const { flush } = await recordTraces({ ratio: 0 });
  for (const parent of [SAMPLED, UNSAMPLED, undefined]) {
    const span = startSpan('x', { parent });
    expect(traceOf(span)?.traceparent.slice(-2)).toBe(parent === SAMPLED ? '01' : '00');
    within(span, () => startChild('y', {})?.end());
    span.end();
  }
  expect((await flush()).map(({ name, traceId }) => [name, traceId])).toEqual([['y', TRACE_ID], ['x', TRACE_ID]]);
});

test('a failure is told by its code or name, never by its message', async () => {
  const { flush } = await recordTraces();
  const failures = [Object.assign(new Error('ana@example.com'), { code: '23505' }), new TypeError('ana@example.com'), 'ana@example.com'];
  for (const error of failures) {
    await expect(inSpan('x', {}, () => Promise.reject(error as Error))).rejects.toBe(error);
  }
  const spans = await flush();
  expect(spans.map(({ failed, attributes }) => [failed, attributes])).toEqual([
    [true, { 'error.type': '23505' }], [true, { 'error.type': 'TypeError' }], [true, { 'error.type': 'string' }],
  ]);
});

test('work that several share is below the first that is recorded, and linked with the others both ways', async () => {
  const { flush } = await recordTraces();
  const none = startSpan('none', { parent: UNSAMPLED });
  const [first, second, third] = ['first', 'second', 'third'].map((name) => startSpan(name, {}));
  const given = [none, first, second, undefined, third];
  await withinAll('batch', given, async () => startChild('shared', {})?.end());
  await withinAll('batch', [none, third], async () => startChild('alone', {})?.end());
  await within(first ?? none, () => withinAll('batch', [none], async () => startChild('nobody’s', {})?.end()));
  for (const span of given) span?.end();
  const spans = await flush();
  const called = (name: string) => spans.filter((span) => span.name === name);
  const place = (name: string) => called(name).map(({ traceId, spanId }) => ({ traceId, spanId }));
  const [batch] = called('batch');
  expect(spans).toHaveLength(6);
  expect(batch).toMatchObject({ parentSpanId: place('first')[0]?.spanId, links: [...place('second'), ...place('third')] });
  expect(batch?.attributes).toEqual({ 'messaging.batch.message_count': 5 });
  expect(called('shared')[0]).toMatchObject({ parentSpanId: batch?.spanId });
  expect(called('alone')[0]).toMatchObject({ parentSpanId: place('third')[0]?.spanId });
  expect([called('first'), called('second'), called('third')].map(([span]) => span?.links)).toEqual([
    [], place('batch'), place('batch'),
  ]);
});

test('a moment stands in the trace that led to it and is linked with what brought it', async () => {
  const { flush } = await recordTraces();
  const webhook = startSpan('webhook', {});
  expect(within(webhook, () => recordIn(SAMPLED, 'moment', {}))?.slice(3, 35)).toBe(TRACE_ID);
  expect(within(webhook, () => recordIn(null, 'moment', {}))).toBeUndefined();
  webhook.end();
  const [moment, brought] = await flush();
  expect(moment).toMatchObject({ traceId: TRACE_ID, parentSpanId: SAMPLED.slice(36, 52), links: [{ spanId: brought?.spanId }] });
  expect(brought).toMatchObject({ name: 'webhook', links: [{ spanId: moment?.spanId }] });
});

test('a query is told by its text without its values, and only within a span', async () => {
  const { flush } = await recordTraces();
  const { sql } = await createDatabase();
  await sql`select ${'planted'}::text`;
  await inSpan('x', {}, async () => {
    await sql`select status from outbox_event where event_type = ${'planted'} ${sql`and status = ${'pending'}`}`;
    await sql`select ${'planted'}::uuid`.catch(() => undefined);
    await transaction(sql, (tx) => tx.unsafe(`select 'planted'`));
  });
  const spans = (await flush()).filter(({ kind }) => kind === 'CLIENT');
  expect(spans.map(({ name, failed }) => [name, failed])).toEqual([['SELECT outbox_event', false], ['SQL', true], ['SQL', false]]);
  expect(spans.map(({ attributes }) => attributes['db.query.text'])).toEqual([
    'select status from outbox_event where event_type = $1 and status = $2', 'select $1::uuid', '',
  ]);
  expect(JSON.stringify(spans)).not.toContain('planted');
  expect(spans[1]?.attributes['error.type']).toBe('22P02');
});

test('a collector that is away does not hold up the end', async () => {
  const { flush } = await recordTraces({ endpoint: `http://127.0.0.1:${await freePort()}` });
  startSpan('x', {}).end();
  const began = performance.now();
  await flush(500);
  expect(performance.now() - began).toBeLessThan(2_000);
});

test('a collector that refuses costs one log line a minute, which names no more than the status', async () => {
  const { flush, lines } = await recordTraces({ path: '/nowhere' });
  for (let count = 0; count < WAITING_SPANS; count += 1) startSpan('x', {}).end();
  expect(await flush()).toEqual([]);
  expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([{ level: 'warn', error: { code: '404' } }]);
});

test('spans beyond those that may wait are dropped', async () => {
  const { flush } = await recordTraces();
  for (let count = 0; count < 4 * WAITING_SPANS; count += 1) startSpan('x', {}).end();
  const { length } = await flush();
  expect(length).toBeGreaterThanOrEqual(WAITING_SPANS);
  expect(length).toBeLessThan(2 * WAITING_SPANS);
});
