import { toError } from '../kernel/errors.ts';
import type { Logger } from '../platform/log.ts';
import type { RelayMetrics } from '../platform/metrics.ts';
import { isUnavailable } from '../platform/unavailable.ts';
import type { Sql } from '../platform/postgres.ts';
import type { DeliveryQueue } from '../platform/queues.ts';
import { signal } from '../platform/signal.ts';
import { type Claim, type ClaimedEvent, claim, markFailed, markPublished, release } from './claim.ts';
import type { Depths } from './depths.ts';
import { type Publication, publish } from './publish.ts';
import type { Subscriptions } from './subscriptions.ts';

/** Events that one batch claims at most. */
export const RELAY_BATCH_LIMIT = 500;
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
  const claimed = await claim(sql, RELAY_BATCH_LIMIT, LEASE_MS);
  metrics.looked();
  if (claimed === undefined) return 0;
  signal('relay.claimed');
  const subscriptions = await options.subscriptions(claimed.events.map(({ type }) => type));
  const known = claimed.events.filter(({ type }) => subscriptions.has(type));
  for (const { id, type } of claimed.events) {
    if (!subscriptions.has(type)) await fail(options, claimed.lease, id, `no release has registered the type ${type}`);
  }
  try {
    const published = await publishOrFail(options, subscriptions, { lease: claimed.lease, events: known });
    signal('relay.added');
    metrics.marked(await markPublished(sql, claimed.lease, published));
  } catch (error) {
    await release(sql, claimed.lease).catch(() => undefined); // the lease ends anyway
    throw error;
  }
  signal('relay.marked');
  metrics.published(known.length, (performance.now() - began) / 1_000);
  return claimed.events.length;
}

/**
 * Publishes the events together; where Redis refuses, each on its own, so that a poison row stops only itself. Those
 * published come back. When Redis is away this throws, and nothing may be marked.
 */
async function publishOrFail(options: RelayOptions, subscriptions: Subscriptions, { lease, events }: Claim): Promise<Claim['events']> {
  try {
    await publishAll(options, subscriptions, events);
    return events;
  } catch (error) {
    if (isAway(error)) throw error;
  }
  const published: ClaimedEvent[] = [];
  for (const event of events) {
    try {
      await publishAll(options, subscriptions, [event]);
      published.push(event);
    } catch (error) {
      if (isAway(error)) throw error;
      await fail(options, lease, event.id, toError(error).message.slice(0, 200));
    }
  }
  return published;
}

/** Adds to all queues side by side. A queue over its depth gets nothing: the sweep publishes when there is room. */
async function publishAll(
  { queue, depths, metrics }: RelayOptions,
  subscriptions: Subscriptions,
  events: Claim['events'],
): Promise<void> {
  const byConsumer = new Map<string, Publication[]>();
  for (const { id: eventId, type: eventType, traceparent } of events) {
    for (const consumer of subscriptions.get(eventType) ?? []) {
      const publications = byConsumer.get(consumer) ?? [];
      byConsumer.set(consumer, publications);
      publications.push({ eventId, eventType, epoch: 0, traceparent });
    }
  }
  await Promise.all(
    [...byConsumer].map(async ([consumer, publications]) => {
      if (await depths.isFull(consumer)) return metrics.deferred(consumer, publications.length);
      await publish(queue(consumer), publications);
    }),
  );
}

/** Only an answer of Redis itself can be about the row; everything else is about the connection. */
function isAway(error: unknown): boolean {
  return isUnavailable(error) || !(error instanceof Error && error.name === 'ReplyError') || /^(OOM|READONLY|LOADING)/.test(error.message);
}

async function fail({ sql, log, metrics }: RelayOptions, lease: string, eventId: string, failure: string): Promise<void> {
  await markFailed(sql, lease, eventId, failure);
  metrics.failed(1);
  log.error({ eventId, failure }, 'event can not be published');
}
