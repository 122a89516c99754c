import type { Db } from '../platform/postgres.ts';

/** Puts on record that deliveries were missing and are published again. */
export async function recordRepublication(db: Db, consumer: string, eventIds: readonly string[], reason: string): Promise<void> {
  if (eventIds.length === 0) return;
  await db`
    insert into republication as again (consumer_name, event_id, epoch, reason)
    select ${consumer}, id, 1, ${reason} from unnest(${eventIds as string[]}::uuid[]) as id
    on conflict (consumer_name, event_id) do update
    set epoch = again.epoch + 1, reason = excluded.reason, published_at = excluded.published_at
  `;
}
