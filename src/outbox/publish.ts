import type { Lane } from '../events/contract/event.ts';
import type { Logger } from '../platform/log.ts';
import type { RelayMetrics } from '../platform/metrics.ts';
import type { Sql } from '../platform/postgres.ts';
import type { BatchQueue } from '../platform/queues.ts';
import type { Redis } from '../platform/redis.ts';
import { signal } from '../platform/signal.ts';
import { addBatches } from './add-batches.ts';
import type { Batch } from './batch.ts';
import type { Generations } from './generations.ts';
import { type QueueState, readQueues, rememberQueues } from './queue-state.ts';

/** Events that one call publishes at most. */
export const PUBLISH_LIMIT = 500;
/** Below every event's id. */
export const FIRST_ID = '00000000-0000-0000-0000-000000000000';

export interface RelayOptions {
  readonly sql: Sql;
  readonly redis: Redis;
  readonly log: Logger;
  readonly metrics: RelayMetrics;
  readonly queue: (consumer: string) => BatchQueue;
  readonly generations: Generations;
  /** Batches that may wait in one queue. */
  readonly depth: number;
  /** A key of ours that may be written to see whether Redis takes writes. */
  readonly probeKey: string;
}

/** The start of a publication, and what is known of the queues. */
export interface Position {
  readonly afterId: string;
  /** Whether deliveries may wait in rows of their own while no queue at all has room. */
  readonly mayWait: boolean;
  /** The queues' states; read from Redis when absent. */
  readonly queues?: readonly QueueState[];
}

const START: Position = { afterId: FIRST_ID, mayWait: true };

export interface Published {
  readonly events: number;
  /** Whether no queue had room. */
  readonly isFull: boolean;
  /** Whether there may be more to publish now. */
  readonly isMore: boolean;
  /** The last event published; absent when there was none. */
  readonly lastId?: string | undefined;
  /** Deliveries for which there was no room. */
  readonly waiting: number;
  readonly batches: readonly Batch[];
}

/**
 * Publishes the oldest pending events: one statement gives every delivery its place, then the batches among
 * them are added to Redis. A crash in between leaves batches that no queue has, which the sweep finds.
 * @throws {Unavailable} before anything changed when Redis is down, after the batches were made to wait when it refuses.
 */
export async function publishEvents(options: RelayOptions, position: Position = START): Promise<Published> {
  const { sql, metrics, log, depth } = options;
  const { afterId, queues = await readOwnQueues(options) } = position;
  const isFull = queues.every(({ waiting, floor }) => waiting >= floor);
  if (isFull && !position.mayWait) return { events: 0, isFull, isMore: false, waiting: 0, batches: [] };
  const began = performance.now();
  const rows = await selectPublished(sql, { afterId, queues, depth });
  metrics.looked();
  const [events, ...batchRows] = rows;
  if (events === undefined) return { events: 0, isFull, isMore: afterId !== FIRST_ID, waiting: 0, batches: [] };
  signal('relay.published');
  for (const eventId of events.failedIds ?? []) log.error({ eventId }, 'event cannot be published: no release knows its type');
  metrics.failed(events.failedIds?.length ?? 0);
  const batches = batchRows.map(toBatch);
  await addBatches(options, batches);
  signal('relay.added');
  const published = (events.waitedSeconds ?? []).map(Number);
  metrics.marked(published);
  metrics.published(published.length, (performance.now() - began) / 1_000);
  const { length: count } = events.eventIds;
  const isMore = count === PUBLISH_LIMIT || afterId !== FIRST_ID;
  return { events: count, isFull, isMore, lastId: events.eventIds.at(-1), waiting: Number(events.waiting), batches };
}

const FROM_START_MS = 200;
const FULL_MS = 500; // events may stay pending so long while no queue has room: a row for each delivery costs as much again

/**
 * Makes a publisher that goes on after the events it published last. PostgreSQL then need not step over their entries,
 * which stay in the index for a moment. Every 200 ms it starts over: events with lower ids may commit late.
 */
export function makePublisher(options: RelayOptions): () => Promise<Published> {
  let [afterId, startedAt] = [FIRST_ID, 0];
  let fullSince: number | undefined;
  const states = rememberQueues(() => readOwnQueues(options));
  return async () => {
    const now = performance.now();
    if (now - startedAt > FROM_START_MS) [afterId, startedAt] = [FIRST_ID, now];
    const queues = await states.read();
    const published = await publishEvents(options, { afterId, mayWait: now - (fullSince ?? now) > FULL_MS, queues });
    states.add(published.batches);
    fullSince = published.isFull ? (fullSince ?? now) : undefined;
    if (!published.isFull) afterId = published.events === PUBLISH_LIMIT ? (published.lastId ?? FIRST_ID) : FIRST_ID;
    return published;
  };
}

/** Reads the queues of every consumer, after those that Redis lost were swept. */
export async function readOwnQueues({ redis, queue, generations }: RelayOptions): Promise<readonly QueueState[]> {
  const names = await generations.consumers();
  const states = await readQueues(redis, names.map(queue));
  return (await generations.restoreLost(states)) ? readQueues(redis, names.map(queue)) : states;
}

/** A row of `publish_events`: the first tells of the events, the others are batches. */
interface Row {
  readonly batchId: string | null;
  readonly consumer: string | null;
  readonly lane: Lane | null;
  readonly eventIds: readonly string[];
  readonly types: Readonly<Record<string, number>> | null;
  readonly traceparents: Readonly<Record<string, string>> | null;
  readonly failedIds: readonly string[] | null;
  readonly waitedSeconds: readonly string[] | null;
  readonly waiting: string | null;
}

interface Selection {
  readonly afterId: string;
  readonly queues: readonly QueueState[];
  readonly depth: number;
}

function selectPublished(sql: Sql, { afterId, queues, depth }: Selection): Promise<Row[]> {
  return sql<Row[]>`
    select batch_id as "batchId", consumer, batch_lane as lane, batch_event_ids as "eventIds", types, traceparents,
           failed_ids as "failedIds", waited_seconds as "waitedSeconds", waiting
    from publish_events(
      ${PUBLISH_LIMIT}, ${afterId},
      ${queues.map(({ consumer }) => consumer)}::text[],
      ${queues.map(({ waiting }) => waiting)}::integer[],
      ${queues.map(({ floor }) => floor)}::integer[],
      ${depth}
    )
  `;
}

const toBatch = ({ batchId, consumer, lane, eventIds, types, traceparents }: Row): Batch => ({
  id: batchId ?? '', consumer: consumer ?? '', lane: lane ?? 'normal', eventIds, types: types ?? {},
  traceparents: traceparents ?? undefined,
});
