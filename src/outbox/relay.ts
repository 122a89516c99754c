import { isOutage, toError } from '../kernel/errors.ts';
import type { Logger } from '../platform/log.ts';
import type { RelayMetrics } from '../platform/metrics.ts';
import type { Sql } from '../platform/postgres.ts';
import type { DeliveryQueue } from '../platform/queues.ts';
import { signal } from '../platform/signal.ts';
import { type Claim, claim, markFailed, markPublished, release } from './claim.ts';
import type { Depths } from './depths.ts';
import { publish } from './publish.ts';
import type { Subscriptions } from './subscriptions.ts';

const BATCH_LIMIT = 500;
const LEASE_MS = 15_000;

export interface RelayOptions {
  readonly sql: Sql;
  readonly log: Logger;
  readonly metrics: RelayMetrics;
  readonly queue: (consumer: string) => DeliveryQueue;
  readonly depths: Depths;
  readonly subscriptions: (types: readonly string[]) => Promise<Subscriptions>;
}

/**
 * Moves one batch of committed events into their consumers' queues: claim, publish, mark. The number claimed comes back.
 * A crash anywhere in between leaves the events pending: they are published again under the same ids.
 */
export async function relayBatch(options: RelayOptions): Promise<number> {
  const { sql, metrics } = options;
  const began = performance.now();
  const claimed = await claim(sql, BATCH_LIMIT, LEASE_MS);
  if (claimed === undefined) return 0;
  signal('relay.claimed');
  const subscriptions = await options.subscriptions(claimed.events.map(({ type }) => type));
  const known = claimed.events.filter(({ type }) => subscriptions.has(type));
  try {
    await publishAll(options, subscriptions, known);
    signal('relay.added');
    await markPublished(sql, { lease: claimed.lease, events: known });
  } catch (error) {
    await recover(options, subscriptions, { lease: claimed.lease, events: known }, error);
  }
  for (const { id, type } of claimed.events) {
    if (!subscriptions.has(type)) await fail(options, claimed.lease, id, `no release has registered the type ${type}`);
  }
  signal('relay.marked');
  metrics.published(known.length, (performance.now() - began) / 1_000);
  return claimed.events.length;
}

/** Adds to all queues side by side. A queue over its depth gets nothing: the sweep publishes when there is room. */
async function publishAll(
  { queue, depths, metrics }: RelayOptions,
  subscriptions: Subscriptions,
  events: Claim['events'],
): Promise<void> {
  const byConsumer = new Map<string, { eventId: string; eventType: string; epoch: number }[]>();
  for (const { id: eventId, type: eventType } of events) {
    for (const consumer of subscriptions.get(eventType) ?? []) {
      const publications = byConsumer.get(consumer) ?? [];
      byConsumer.set(consumer, publications);
      publications.push({ eventId, eventType, epoch: 0 });
    }
  }
  await Promise.all(
    [...byConsumer].map(async ([consumer, publications]) => {
      if (await depths.isFull(consumer)) return metrics.deferred(consumer, publications.length);
      await publish(queue(consumer), publications);
    }),
  );
}

/** After an error nothing is marked. Away: given back. Otherwise each event on its own, so that a poison row stops only itself. */
async function recover(options: RelayOptions, subscriptions: Subscriptions, claimed: Claim, error: unknown): Promise<void> {
  const { sql } = options;
  if (isAway(error)) {
    await release(sql, claimed).catch(() => undefined); // the lease expires anyway
    throw error;
  }
  for (const event of claimed.events) {
    try {
      await publishAll(options, subscriptions, [event]);
    } catch (own) {
      if (isAway(own)) throw own;
      await fail(options, claimed.lease, event.id, toError(own).message.slice(0, 200));
      continue;
    }
    await markPublished(sql, { lease: claimed.lease, events: [event] });
  }
}

/** Only an answer of Redis itself can be about the row; everything else is about the connection. */
function isAway(error: unknown): boolean {
  return isOutage(error) || !(error instanceof Error && error.name === 'ReplyError') || /^(OOM|READONLY|LOADING)/.test(error.message);
}

async function fail({ sql, log, metrics }: RelayOptions, lease: string, eventId: string, failure: string): Promise<void> {
  await markFailed(sql, lease, eventId, failure);
  metrics.failed(1);
  log.error({ eventId, failure }, 'event can not be published');
}
