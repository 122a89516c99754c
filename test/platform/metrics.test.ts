import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { consumerMetrics } from '../../src/platform/metrics.ts';
import { figures } from '../support/figures.ts';

const HOUR_MS = 3_600_000;

test('the times of an event’s way do not depend on this machine’s clock', async () => {
  const registry = new Registry();
  const at = new Date(Date.now() - HOUR_MS); // the database's clock is an hour behind ours
  const before = (seconds: number) => new Date(at.getTime() - seconds * 1_000);
  consumerMetrics(registry).consumed('subject', {
    createdAt: before(3), publishedAt: before(2), read: { at, processMs: performance.now() - 4_000 },
  });
  const { [`critical_time_seconds_sum{consumer="subject"}`]: critical, [`publish_to_start_seconds_sum{consumer="subject"}`]: start } =
    figures(await registry.metrics());
  expect(critical).toBeCloseTo(7, 0);
  expect(start).toBeCloseTo(2);
});

test('an event that a worker has before the relay has marked it did not wait in a queue', async () => {
  const registry = new Registry();
  consumerMetrics(registry).consumed('subject', {
    createdAt: new Date(), publishedAt: undefined, read: { at: new Date(), processMs: performance.now() },
  });
  expect(figures(await registry.metrics())).toMatchObject({
    'publish_to_start_seconds_sum{consumer="subject"}': 0, 'publish_to_start_seconds_count{consumer="subject"}': 1,
  });
});

test('the counters of known consumers are there before anything happens, so that the first failure is an increase', async () => {
  const registry = new Registry();
  consumerMetrics(registry, ['subject']);
  expect(figures(await registry.metrics())).toMatchObject({
    'deliveries_dead_total{consumer="subject"}': 0, 'deliveries_failed_total{consumer="subject"}': 0,
  });
});
