import type { Lane } from '../events/contract/event.ts';
import type { Db, Tx } from '../platform/postgres.ts';
import type { BatchJob } from '../platform/queues.ts';

/** Deliveries of one consumer that a queue job carries. The row in `queued_batch` is the right to handle them. */
export interface Batch {
  readonly id: string;
  readonly consumer: string;
  readonly lane: Lane;
  readonly eventIds: readonly string[];
  /** Deliveries of each event type. */
  readonly types: Readonly<Record<string, number>>;
  /** `traceparent` by event id, of events whose trace is recorded. */
  readonly traceparents?: Readonly<Record<string, string>> | undefined;
}

/** Returns whether a batch is still to be handled: not when it is finished, or when the sweep took it out of its queue. */
export async function isOpen(db: Db, batchId: string): Promise<boolean> {
  const [row] = await db<{ id: string }[]>`select id from queued_batch where id = ${batchId}`;
  return row !== undefined;
}

/** Finishes a batch in the transaction that settled its deliveries. Returns false when it was not open any more. */
export async function closeBatch(tx: Tx, batchId: string): Promise<boolean> {
  const { count } = await tx`delete from queued_batch where id = ${batchId}`;
  return count > 0;
}

/** Reasons for which a delivery waits. */
export const WAIT_REASONS = ['no room', 'retry', 'parked', 'unavailable', 'missing', 'replayed'] as const;
export type WaitReason = (typeof WAIT_REASONS)[number];

/** Deliveries that wait again, by consumer. */
export interface Unqueued {
  readonly consumer: string;
  readonly eventIds: readonly string[];
}

/** Takes batches out of the queue and lets those of their deliveries wait that are neither consumed nor dead. */
export function unqueueBatches(db: Db, batchIds: readonly string[], reason: WaitReason): Promise<Unqueued[]> {
  return db<Unqueued[]>`
    select consumer, event_ids as "eventIds" from unqueue_batches(${batchIds as string[]}::uuid[], ${reason})
  `;
}

const LONGEST_NAME = 100;

/** Returns what Bull Board and a worker see of a batch. */
export function toJob({ types, eventIds, lane }: Batch, traceparents: BatchJob['traceparents']): BatchJob {
  return { eventIds, types, lane, ...(traceparents !== undefined && { traceparents }) };
}

/** Returns the name of a batch's job: `TicketCreated × 120, QuoteSent × 3`. */
export function nameOf({ types }: Pick<Batch, 'types'>): string {
  const parts = Object.entries(types).toSorted(([, a], [, b]) => b - a).map(([type, count]) => (count === 1 ? type : `${type} × ${count}`));
  const name = parts.join(', ');
  return name.length <= LONGEST_NAME ? name : `${name.slice(0, LONGEST_NAME - 1)}…`;
}
