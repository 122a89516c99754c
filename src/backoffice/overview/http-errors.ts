import type { Registry } from 'prom-client';

/** What this web process has answered since it started, and how much of that with a server error. */
export interface Answered {
  readonly requests: number;
  readonly errors: number;
}

/** Counts by the metric that `observe` keeps. */
export async function readAnswered(registry: Registry): Promise<Answered> {
  const { values = [] } = (await registry.getSingleMetric('http_request_duration_seconds')?.get()) ?? {};
  const counts = values.filter((value) => 'metricName' in value && value.metricName === 'http_request_duration_seconds_count');
  const sum = (some: typeof counts) => some.reduce((total, { value }) => total + value, 0);
  return { requests: sum(counts), errors: sum(counts.filter(({ labels }) => String(labels['status'] ?? '') >= '500')) };
}
