import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/** The times of an event's way, by the database's clock. */
interface Timed {
  readonly createdAt: Date;
  readonly publishedAt: Date | undefined;
}

/** What a worker tells of its consumers. No tenant, user or event is ever a label. */
export interface ConsumerMetrics {
  consumed(consumer: string, event: Timed): void;
  failed(consumer: string): void;
  died(consumer: string): void;
  parked(consumer: string): void;
  held(consumer: string, held: boolean): void;
}

/** What a relay tells of its work. */
export interface RelayMetrics {
  published(events: number, seconds: number): void;
  failed(events: number): void;
  deferred(consumer: string, deliveries: number): void;
  republished(consumer: string, deliveries: number): void;
}

/** A registry with the figures of the Node process itself. */
export function openRegistry(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}

/** Consumers' figures. */
export function consumerMetrics(registry: Registry): ConsumerMetrics {
  const counter = (name: string, help: string) =>
    new Counter({ name, help, labelNames: ['consumer'], registers: [registry] });
  const consumed = counter('deliveries_consumed_total', 'Deliveries consumed');
  const failed = counter('deliveries_failed_total', 'Attempts that failed');
  const dead = counter('deliveries_dead_total', 'Deliveries that became dead letters');
  const parked = counter('deliveries_parked_total', 'Deliveries put off without an attempt');
  const held = new Gauge({
    name: 'consumer_held', help: '1 while the breaker holds the consumer', labelNames: ['consumer'], registers: [registry],
  });
  const critical = new Histogram({
    name: 'critical_time_seconds', help: 'From the commit of an event to its consumption',
    labelNames: ['consumer'], buckets: SECONDS, registers: [registry],
  });
  return {
    consumed(consumer, { createdAt }) {
      consumed.inc({ consumer });
      critical.observe({ consumer }, Math.max(0, (Date.now() - createdAt.getTime()) / 1_000));
    },
    failed: (consumer) => failed.inc({ consumer }),
    died: (consumer) => dead.inc({ consumer }),
    parked: (consumer) => parked.inc({ consumer }),
    held: (consumer, isHeld) => held.set({ consumer }, isHeld ? 1 : 0),
  };
}

/** The relay's figures. */
export function relayMetrics(registry: Registry): RelayMetrics {
  const registers = [registry];
  const published = new Counter({ name: 'events_published_total', help: 'Events moved into queues', registers });
  const failed = new Counter({ name: 'events_unpublishable_total', help: 'Events that can never be published', registers });
  const seconds = new Histogram({
    name: 'publish_batch_seconds', help: 'From the claim of a batch to its mark', buckets: SECONDS, registers,
  });
  const labelNames = ['consumer'];
  const deferred = new Counter({ name: 'deliveries_deferred_total', help: 'Left to the sweep: the queue was full', labelNames, registers });
  const again = new Counter({ name: 'deliveries_republished_total', help: 'Found missing and published again', labelNames, registers });
  return {
    published(events, took) {
      published.inc(events);
      seconds.observe(took);
    },
    failed: (events) => failed.inc(events),
    deferred: (consumer, deliveries) => deferred.inc({ consumer }, deliveries),
    republished: (consumer, deliveries) => again.inc({ consumer }, deliveries),
  };
}
