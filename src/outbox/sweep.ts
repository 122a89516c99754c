import type { Logger } from '../platform/log.ts';
import type { RelayMetrics } from '../platform/metrics.ts';
import type { Sql } from '../platform/postgres.ts';
import { type DeliveryQueue, jobId } from '../platform/queues.ts';
import { raiseEpochs } from '../store/deliveries.ts';
import type { Depths } from './depths.ts';
import { lowestId } from './partitions.ts';
import { publish } from './publish.ts';
import { LATE_COMMIT_MS } from './subscriptions.ts';

const PAGE = 1_000;
const LIVE = new Set(['waiting', 'active', 'delayed', 'prioritized', 'waiting-children']);

export interface SweepOptions {
  readonly sql: Sql;
  readonly log: Logger;
  readonly metrics: RelayMetrics;
  readonly queue: (consumer: string) => DeliveryQueue;
  readonly depths: Depths;
}

/** A delivery of a published event without its proof and without a dead letter. */
interface OpenDelivery {
  readonly eventId: string;
  readonly eventType: string;
  readonly epoch: number;
  readonly traceparent: string | null;
}

/**
 * Audits every consumer: each published event it hears must be consumed, dead or in its queue. What is nowhere is
 * published again under the next epoch. `graceMs` spares what was published a moment ago. The number found comes back.
 */
export async function sweep(options: SweepOptions, graceMs: number, signal?: AbortSignal): Promise<number> {
  const consumers = await options.sql<{ name: string; verifiedId: string }[]>`
    select name, verified_id as "verifiedId" from consumer order by name
  `;
  let found = 0;
  for (const { name, verifiedId } of consumers) {
    if (signal?.aborted === true) break;
    found += await sweepConsumer(options, { name, verifiedId, graceMs });
  }
  return found;
}

async function sweepConsumer(
  options: SweepOptions,
  { name, verifiedId, graceMs }: { readonly name: string; readonly verifiedId: string; readonly graceMs: number },
): Promise<number> {
  const { sql, log, metrics, queue, depths } = options;
  // Read first: an event that is pending now and published later must stay above the verified id.
  const settledBefore = await oldestUnsettled(sql);
  let firstOpen: string | undefined;
  let [found, inFlight, deferred] = [0, 0, 0];
  for (let after = verifiedId; ; ) {
    const open = await openDeliveries(sql, { name, after, graceMs });
    firstOpen ??= open[0]?.eventId;
    const jobless = await withoutJob(queue(name), open);
    const missing = jobless.slice(0, open.length > 0 ? await depths.room(name) : 0);
    inFlight += open.length - jobless.length;
    deferred += jobless.length - missing.length;
    const published = await publishAgain(options, name, missing, graceMs === 0 ? 'redis was emptied' : 'missing');
    if (published > 0) {
      found += published;
      metrics.republished(name, published);
      log.warn({ consumer: name, deliveries: published }, 'missing deliveries published again');
    }
    const last = open.at(-1);
    if (open.length < PAGE || last === undefined) break;
    after = last.eventId;
  }
  metrics.swept(name, { ...(await countSettled(sql, name, verifiedId)), in_flight: inFlight, deferred, missing: found });
  await verify(sql, name, { verifiedId, upTo: firstOpen === undefined || settledBefore < firstOpen ? settledBefore : firstOpen });
  return found;
}

/** Deliveries after an id that are consumed or dead; of those up to the verified id every one is. */
async function countSettled(sql: Sql, name: string, after: string): Promise<{ readonly consumed: number; readonly dead: number }> {
  const [row] = await sql<{ consumed: number; dead: number }[]>`
    select (select count(*) from consumed_event where consumer_name = ${name} and event_id > ${after})::integer as consumed,
           (
             select count(*) from dead_letter
             where consumer_name = ${name} and event_id > ${after} and (resolution is null or resolution = 'discarded')
           )::integer as dead
  `;
  return row ?? { consumed: 0, dead: 0 };
}

/**
 * The id below which nothing is pending or still to be committed. An event that failed to be published does not hold the
 * sweep back: an operator's retry lowers the verified id again.
 */
async function oldestUnsettled(sql: Sql): Promise<string> {
  const late = lowestId(new Date(Date.now() - LATE_COMMIT_MS));
  const [row] = await sql<{ id: string }[]>`
    select id from outbox_event where status = 'pending' order by id limit 1
  `;
  return row !== undefined && row.id < late ? row.id : late;
}

function openDeliveries(
  sql: Sql,
  { name, after, graceMs }: { readonly name: string; readonly after: string; readonly graceMs: number },
): Promise<readonly OpenDelivery[]> {
  return sql<OpenDelivery[]>`
    select event.id as "eventId", event.event_type as "eventType", coalesce(again.epoch, 0) as epoch,
           event.traceparent
    from outbox_event event
    join subscription on subscription.consumer_name = ${name}
      and subscription.event_type = event.event_type
      and subscription.subscribed_at <= event.created_at
      and (subscription.unsubscribed_at is null or subscription.unsubscribed_at > event.created_at)
    left join republication again on again.consumer_name = ${name} and again.event_id = event.id
    where event.id > ${after}
      and event.status = 'published'
      and greatest(event.published_at, again.published_at) < clock_timestamp() - ${graceMs} * interval '1 millisecond'
      and not exists (
        select from consumed_event consumed where consumed.consumer_name = ${name} and consumed.event_id = event.id
      )
      and not exists (
        select from dead_letter dead
        where dead.consumer_name = ${name} and dead.event_id = event.id and dead.resolution is distinct from 'retried'
      )
    order by event.id
    limit ${PAGE}
  `;
}

/** Those of the open deliveries whose job is in no live state: lost with Redis, deferred, or failed by BullMQ itself. */
async function withoutJob(queue: DeliveryQueue, open: readonly OpenDelivery[]): Promise<OpenDelivery[]> {
  const states = await Promise.all(open.map(({ eventId, epoch }) => queue.getJobState(jobId(eventId, epoch))));
  return open.filter((_, index) => !LIVE.has(states[index] ?? 'unknown'));
}

/** The epoch is raised and committed first: a crash before the publication costs a number, never a delivery. Says how many. */
async function publishAgain(
  { sql, queue }: SweepOptions,
  name: string,
  missing: readonly OpenDelivery[],
  reason: string,
): Promise<number> {
  if (missing.length === 0) return 0;
  const known = new Map(missing.map(({ eventId, eventType, traceparent }) => [eventId, { eventType, traceparent }]));
  const raised = await raiseEpochs(sql, name, [...known.keys()], reason);
  const of = (eventId: string) => known.get(eventId) ?? { eventType: '', traceparent: null };
  await publish(queue(name), raised.map(({ eventId, epoch }) => ({ eventId, epoch, ...of(eventId) })));
  return raised.length;
}

/** Moves the verified id forward, unless an operator's retry has moved it back meanwhile. */
async function verify(
  sql: Sql,
  name: string,
  { verifiedId, upTo }: { readonly verifiedId: string; readonly upTo: string },
): Promise<void> {
  if (upTo <= verifiedId) return;
  await sql`
    update consumer set verified_id = ${justBelow(upTo)} where name = ${name} and verified_id = ${verifiedId}
  `;
}

/** The id before an id: what is verified ends there. */
export function justBelow(id: string): string {
  const before = (BigInt(`0x${id.replaceAll('-', '')}`) - 1n).toString(16).padStart(32, '0');
  return before.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
