import { Gauge, type Registry } from 'prom-client';
import type { Sql } from '../platform/postgres.ts';
import type { BatchQueue } from '../platform/queues.ts';
import { WAIT_REASONS } from './batch.ts';

const QUEUE_STATES = ['waiting', 'active', 'delayed', 'failed'] as const;

export interface BacklogOptions {
  readonly registry: Registry;
  readonly sql: Sql;
  /** None while Redis is away. */
  readonly queues: () => Promise<readonly BatchQueue[] | undefined>;
}

/** Adds the figures that every process sees alike, counted at each scrape: outbox, waiting deliveries, queues, dead letters. */
export function observeBacklog({ registry, sql, queues }: BacklogOptions): void {
  let reading: Promise<void> | undefined;
  // Each gauge of a scrape waits for one reading of the stores, whichever is asked first.
  const read = () => {
    reading ??= readAll().finally(() => {
      reading = undefined;
    });
    return reading;
  };
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name, help, labelNames, registers: [registry], collect: read });
  const readable = gauge('backlog_readable', '1 when the stores could be read at this scrape; if not, the rest is older');
  const events = gauge('outbox_events', 'Events that are not published, by status', ['status']);
  const oldest = gauge('outbox_oldest_pending_seconds', 'Age of the oldest event that is not published');
  const dead = gauge('dead_letters', 'Dead letters that nobody has resolved', ['consumer']);
  const waiting = gauge('deliveries_waiting', 'Deliveries that wait in PostgreSQL, by why they wait', ['consumer', 'reason']);
  const due = gauge('deliveries_oldest_due_seconds', 'How long the delivery that has waited longest could have been tried', ['consumer']);
  const queued = gauge('deliveries_queued', 'Deliveries in batches', ['consumer']);
  const depth = gauge('queue_jobs', 'Batches in a queue, by state', ['queue', 'state']);
  const age = gauge('queue_oldest_waiting_seconds', 'Age of the oldest batch that waits in a queue, by the machines’ clocks', ['queue']);

  async function readAll(): Promise<void> {
    const reads = await Promise.allSettled([readOutbox(), readWaiting(), readDeadLetters(), readQueues()]);
    readable.set(reads.every(({ status }) => status === 'fulfilled') ? 1 : 0);
  }

  async function readOutbox(): Promise<void> {
    const [outbox] = await sql<{ pending: number; failed: number; seconds: number }[]>`
      select (select count(*) from pending_event)::integer as pending,
             (select count(*) from outbox_event where failure is not null)::integer as failed,
             coalesce((
               select extract(epoch from clock_timestamp() - created_at) from outbox_event
               where id = (select id from pending_event order by id limit 1)
             ), 0)::float8 as seconds
    `;
    events.set({ status: 'pending' }, outbox?.pending ?? 0);
    events.set({ status: 'failed' }, outbox?.failed ?? 0);
    oldest.set(outbox?.seconds ?? 0);
  }

  async function readWaiting(): Promise<void> {
    const reasons = await countWaiting(sql);
    waiting.reset();
    for (const { consumer, seconds, deliveries } of await readPlaces(sql)) {
      due.set({ consumer }, seconds);
      queued.set({ consumer }, deliveries);
    }
    for (const { consumer, reason, deliveries } of reasons) waiting.set({ consumer, reason }, deliveries);
  }

  async function readDeadLetters(): Promise<void> {
    const letters = await sql<{ consumer: string; letters: number }[]>`
      select consumer.name as consumer, count(dead.event_id)::integer as letters
      from consumer
      left join dead_letter dead on dead.consumer_name = consumer.name and dead.resolution is null
      group by consumer.name
    `;
    for (const { consumer, letters: count } of letters) dead.set({ consumer }, count);
  }

  async function readQueues(): Promise<void> {
    const known = await queues();
    if (known === undefined) throw new Error('redis is unavailable');
    for (const queue of known) {
      const counts = await queue.getJobCounts(...QUEUE_STATES);
      for (const state of QUEUE_STATES) depth.set({ queue: queue.name, state }, counts[state] ?? 0);
      const [first] = await queue.getJobs(['waiting'], 0, 0, true);
      age.set({ queue: queue.name }, first === undefined ? 0 : Math.max(0, Date.now() - first.timestamp) / 1_000);
    }
  }
}

interface Waiting {
  readonly consumer: string;
  readonly reason: string;
  readonly deliveries: number;
}

/** Counts the deliveries that wait, also where none does: no rule can rely on a series that comes and goes. */
const countWaiting = (sql: Sql) => sql<Waiting[]>`
  select consumer.name as consumer, known.reason, coalesce(counted.deliveries, 0)::integer as deliveries
  from consumer
  cross join unnest(${[...WAIT_REASONS]}::text[]) as known (reason)
  left join (
    select consumer_name, reason, count(*) as deliveries from waiting_delivery group by 1, 2
  ) as counted on counted.consumer_name = consumer.name and counted.reason = known.reason
`;

interface Places {
  readonly consumer: string;
  readonly seconds: number;
  readonly deliveries: number;
}

/** Reads for each consumer how long the oldest due delivery has waited, and how many deliveries are in batches. */
const readPlaces = (sql: Sql) => sql<Places[]>`
  select name as consumer,
         greatest(0, coalesce((
           select extract(epoch from clock_timestamp() - min(not_before)) from waiting_delivery where consumer_name = name and is_due
         ), 0))::float8 as seconds,
         (select coalesce(sum(cardinality(event_ids)), 0) from queued_batch where consumer_name = name)::integer as deliveries
  from consumer
`;
