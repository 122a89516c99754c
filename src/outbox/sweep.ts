import type { Logger } from '../platform/log.ts';
import type { RelayMetrics } from '../platform/metrics.ts';
import type { Sql } from '../platform/postgres.ts';
import type { BatchQueue } from '../platform/queues.ts';
import { callRedis } from '../platform/redis.ts';
import { auditNew } from './audit.ts';
import { unqueueBatches } from './batch.ts';
import { recordRepublication } from './republication.ts';

const LEASE_MS = 30_000; // a sweeper that died is followed after this
const LIVE = ['wait', 'prioritized', 'delayed', 'active'] as const;

export interface SweepOptions {
  readonly sql: Sql;
  readonly log: Logger;
  readonly metrics: Pick<RelayMetrics, 'republished' | 'swept'>;
  readonly queue: (consumer: string) => BatchQueue;
}

/** How the sweep goes: a batch younger than the grace may not be in Redis yet. */
export interface SweepTimes {
  readonly graceMs: number;
  readonly everyMs: number;
}

/** Sweeps every consumer whose time has come and that no other process sweeps. Returns the deliveries that were missing. */
export async function sweepDue(options: SweepOptions, { graceMs, everyMs }: SweepTimes, stop?: AbortSignal): Promise<number> {
  let missing = 0;
  while (stop?.aborted !== true) {
    const [turn] = await options.sql<{ name: string }[]>`
      update consumer set sweep_due_at = clock_timestamp() + ${LEASE_MS} * interval '1 millisecond'
      where name = (
        select name from consumer where sweep_due_at <= clock_timestamp() order by sweep_due_at limit 1 for update skip locked
      )
      returning name
    `;
    if (turn === undefined) break;
    missing += await sweepConsumer(options, turn.name, graceMs).finally(() => options.sql`
      update consumer set sweep_due_at = clock_timestamp() + ${everyMs} * interval '1 millisecond' where name = ${turn.name}
    `);
  }
  return missing;
}

/**
 * Audits one consumer: each of its batches must be in Redis, and each new event it is owed must have its place. What is
 * missing waits again. The cost depends on the batches in Redis and on what is new, never on how much waits.
 */
export async function sweepConsumer(options: SweepOptions, consumer: string, graceMs: number): Promise<number> {
  const { sql, log, metrics } = options;
  const missing = (await sweepBatches(options, consumer, graceMs)) + (await auditNew(sql, consumer));
  metrics.swept(consumer, missing);
  if (missing > 0) {
    metrics.republished(consumer, missing);
    log.warn({ consumer, deliveries: missing }, 'missing deliveries wait again');
  }
  return missing;
}

/** Lets the deliveries of batches wait that Redis does not have. */
async function sweepBatches({ sql, queue }: SweepOptions, consumer: string, graceMs: number): Promise<number> {
  const open = await sql<{ id: string }[]>`
    select id from queued_batch
    where consumer_name = ${consumer} and queued_at <= clock_timestamp() - ${graceMs} * interval '1 millisecond'
  `;
  if (open.length === 0) return 0;
  const live = new Set(await callRedis(() => queue(consumer).getRanges([...LIVE], 0, -1)));
  const lost = open.filter(({ id }) => !live.has(id)).map(({ id }) => id);
  if (lost.length === 0) return 0;
  const unqueued = await unqueueBatches(sql, lost, 'missing');
  const eventIds = unqueued.flatMap((each) => each.eventIds);
  await recordRepublication(sql, consumer, eventIds, graceMs === 0 ? 'redis was emptied' : 'missing');
  return eventIds.length;
}
