import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/** An event's way by the database's clock, up to when this process read it; from then on by the process's own. */
interface Timed {
  readonly createdAt: Date;
  readonly publishedAt: Date | undefined;
  readonly read: { readonly at: Date; readonly processMs: number };
}

/** What a worker tells of its consumers. No tenant, user or event is ever a label. */
export interface ConsumerMetrics {
  consumed(consumer: string, event: Timed): void;
  failed(consumer: string): void;
  died(consumer: string): void;
  parked(consumer: string): void;
  held(consumer: string, held: boolean): void;
}

/** Records a relay's work. */
export interface RelayMetrics {
  /** Events were asked for, whether or not there were any. */
  looked(): void;
  published(events: number, seconds: number): void;
  /** Seconds from each event's commit to its publication. */
  marked(waitedSeconds: readonly number[]): void;
  failed(events: number): void;
  republished(consumer: string, deliveries: number): void;
  /** A sweep ended that found so many deliveries missing. */
  swept(consumer: string, missing: number): void;
}

/** A registry with the figures of the Node process itself. */
export function openRegistry(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}

/** Consumers' figures. Those of consumers named here are there from the start: the first failure is an increase then. */
export function consumerMetrics(registry: Registry, consumers: readonly string[] = []): ConsumerMetrics {
  const counter = (name: string, help: string) => {
    const made = new Counter({ name, help, labelNames: ['consumer'], registers: [registry] });
    for (const consumer of consumers) made.inc({ consumer }, 0);
    return made;
  };
  const consumed = counter('deliveries_consumed_total', 'Deliveries consumed');
  const failed = counter('deliveries_failed_total', 'Attempts that failed');
  const dead = counter('deliveries_dead_total', 'Deliveries that became dead letters');
  const parked = counter('deliveries_parked_total', 'Deliveries put off without an attempt');
  const held = new Gauge({
    name: 'consumer_held', help: '1 while the breaker holds the consumer', labelNames: ['consumer'], registers: [registry],
  });
  for (const consumer of consumers) held.set({ consumer }, 0);
  const critical = new Histogram({
    name: 'critical_time_seconds', help: 'From the commit of an event to its consumption',
    labelNames: ['consumer'], buckets: SECONDS, registers: [registry],
  });
  const start = new Histogram({
    name: 'publish_to_start_seconds', help: 'From the publication of an event to the start of the attempt that consumed it',
    labelNames: ['consumer'], buckets: SECONDS, registers: [registry],
  });
  return {
    consumed(consumer, { createdAt, publishedAt, read }) {
      consumed.inc({ consumer });
      start.observe({ consumer }, secondsBetween(publishedAt ?? read.at, read.at)); // a worker may be faster than the mark
      critical.observe({ consumer }, secondsBetween(createdAt, read.at) + (performance.now() - read.processMs) / 1_000);
    },
    failed: (consumer) => failed.inc({ consumer }),
    died: (consumer) => dead.inc({ consumer }),
    parked: (consumer) => parked.inc({ consumer }),
    held: (consumer, isHeld) => held.set({ consumer }, isHeld ? 1 : 0),
  };
}

const secondsBetween = (from: Date, until: Date) => Math.max(0, (until.getTime() - from.getTime()) / 1_000);

/** The relay's figures. */
export function relayMetrics(registry: Registry): RelayMetrics {
  const registers = [registry];
  const published = new Counter({ name: 'events_published_total', help: 'Events moved into queues', registers });
  const failed = new Counter({ name: 'events_unpublishable_total', help: 'Events that can never be published', registers });
  const seconds = new Histogram({
    name: 'publish_batch_seconds', help: 'From the claim of a batch to its mark', buckets: SECONDS, registers,
  });
  const labelNames = ['consumer'];
  const again = new Counter({ name: 'deliveries_republished_total', help: 'Found missing and published again', labelNames, registers });
  const looks = new Counter({ name: 'relay_looks_total', help: 'Times that a relay asked for events to publish', registers });
  const waited = new Histogram({ name: 'commit_to_publish_seconds', help: 'From the commit of an event to its publication', buckets: SECONDS, registers });
  const sweeps = new Counter({ name: 'sweeps_total', help: 'Sweeps of a consumer', labelNames, registers });
  const missing = new Gauge({
    name: 'deliveries_missing', help: 'Deliveries that the last sweep found in no place; it let them wait again',
    labelNames, registers,
  });
  return {
    looked: () => looks.inc(),
    published(events, took) {
      published.inc(events);
      seconds.observe(took);
    },
    marked(all) {
      for (const each of all) waited.observe(Math.max(0, each));
    },
    swept(consumer, found) {
      sweeps.inc({ consumer });
      again.inc({ consumer }, 0); // the first one is an increase then
      missing.set({ consumer }, found);
    },
    failed: (events) => failed.inc(events),
    republished: (consumer, deliveries) => again.inc({ consumer }, deliveries),
  };
}
