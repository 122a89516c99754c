import type { Db, Sql, Tx } from '../platform/postgres.ts';
import { lowestId } from './partitions.ts';
import { justBelow } from './sweep.ts';

const DAY_MS = 86_400_000;

/** What is to be audited of a consumer: up to what the sweep has verified, for the rest is the sweep's. */
export interface Audited {
  readonly consumer: string;
  /** Days by their first instant, oldest first. */
  readonly days: readonly Date[];
}

/** Every consumer and its days in the outbox. */
export async function listAudited(sql: Sql): Promise<readonly Audited[]> {
  const rows = await sql<{ consumer: string; oldest: Date | null; verified: Date }[]>`
    select name as consumer,
           (select created_at from outbox_event order by id limit 1) as oldest,
           to_timestamp(('x' || lpad(left(replace(verified_id::text, '-', ''), 12), 16, '0'))::bit(64)::bigint / 1000.0) as verified
    from consumer order by name
  `;
  return rows.map(({ consumer, oldest, verified }) => {
    const first = Math.floor((oldest ?? verified).getTime() / DAY_MS);
    const last = Math.floor(verified.getTime() / DAY_MS);
    const days = Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => new Date((first + index) * DAY_MS));
    return { consumer, days };
  });
}

/**
 * Looks for deliveries of a day that are neither consumed nor dead although the sweep has verified them. Where there are,
 * the sweep begins from them again; their number comes back. It should be 0.
 */
export async function auditDay(tx: Tx, consumer: string, day: Date): Promise<number> {
  const [row] = await missing(tx, consumer, day);
  const { count = 0, first } = row ?? {};
  if (first == null) return 0;
  await tx`update consumer set verified_id = ${justBelow(first)} where name = ${consumer} and verified_id > ${justBelow(first)}`;
  return count;
}

function missing(db: Db, consumer: string, day: Date) {
  return db<{ count: number; first: string | null }[]>`
    select count(*)::integer as count, (array_agg(event.id order by event.id))[1] as first
    from outbox_event event
    join subscription on subscription.consumer_name = ${consumer}
      and subscription.event_type = event.event_type
      and subscription.subscribed_at <= event.created_at
      and (subscription.unsubscribed_at is null or subscription.unsubscribed_at > event.created_at)
    where event.id >= ${lowestId(day)} and event.id < ${lowestId(new Date(day.getTime() + DAY_MS))}
      and event.id <= (select verified_id from consumer where name = ${consumer})
      and event.status = 'published'
      and not exists (
        select from consumed_event consumed where consumed.consumer_name = ${consumer} and consumed.event_id = event.id
      )
      and not exists (
        select from dead_letter dead
        where dead.consumer_name = ${consumer} and dead.event_id = event.id and dead.resolution is distinct from 'retried'
      )
  `;
}
