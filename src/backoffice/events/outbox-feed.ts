import type { Sql } from '../../platform/postgres.ts';
import { lowestId } from '../../outbox/partitions.ts';
import { type CommittedEvent, readEvents } from '../../outbox/read-events.ts';

const BEHIND_MS = 60_000; // twice the longest transaction: an event that commits late is not passed over

export interface FeedPage {
  readonly type: string | undefined;
  /** The id that ended the page before. */
  readonly after: string | undefined;
  readonly limit: number;
}

/** Committed events in the order of their ids, a minute behind the present. */
export async function listForReaders(sql: Sql, { type, after, limit }: FeedPage): Promise<CommittedEvent[]> {
  const rows = await sql<{ id: string }[]>`
    select id from outbox_event
    where id > ${after ?? '00000000-0000-0000-0000-000000000000'}
      and id < ${lowestId(new Date(Date.now() - BEHIND_MS))}
      ${type === undefined ? sql`` : sql`and event_type = ${type}`}
    order by id limit ${limit}
  `;
  if (rows.length === 0) return [];
  const events = await readEvents(sql, rows.map(({ id }) => id));
  return rows.flatMap(({ id }) => events.get(id) ?? []);
}
