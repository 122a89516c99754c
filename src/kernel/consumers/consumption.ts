import type { Db } from '../../platform/postgres.ts';

/**
 * Writes consumption records and returns the events for which they are new; only the effect of these may follow, in the
 * same transaction. Earlier failures and dead letters of them are settled.
 */
export async function consumeFresh(tx: Db, consumer: string, eventIds: readonly string[]): Promise<Set<string>> {
  const rows = await tx<{ event_id: string }[]>`
    with fresh as (
      insert into consumed_event (consumer_name, event_id)
      select ${consumer}, id from unnest(${eventIds as string[]}::uuid[]) as id
      on conflict do nothing
      returning event_id
    ), recovered as (
      delete from delivery_failure failure using fresh
      where failure.consumer_name = ${consumer} and failure.event_id = fresh.event_id
    ), resolved as (
      update dead_letter dead set resolution = 'consumed', resolved_at = now() from fresh
      where dead.consumer_name = ${consumer} and dead.event_id = fresh.event_id
        and dead.resolution is distinct from 'consumed'
    )
    select event_id from fresh
  `;
  return new Set(rows.map((row) => row.event_id));
}

/**
 * Writes consumption records of events that are all expected to be fresh, at half the cost of `consumeFresh`.
 * @throws a unique violation that `isConsumedBefore` recognises when one of them is not.
 */
export async function consumeAll(tx: Db, consumer: string, eventIds: readonly string[]): Promise<void> {
  await tx`
    with event as (
      select id from unnest(${eventIds as string[]}::uuid[]) as id
    ), recovered as (
      delete from delivery_failure failure using event where failure.consumer_name = ${consumer} and failure.event_id = event.id
    ), resolved as (
      update dead_letter dead set resolution = 'consumed', resolved_at = now() from event
      where dead.consumer_name = ${consumer} and dead.event_id = event.id and dead.resolution is distinct from 'consumed'
    )
    insert into consumed_event (consumer_name, event_id) select ${consumer}, id from event
  `;
}

/** Returns whether an error says that an event has its consumption record already. */
export const isConsumedBefore = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === '23505' &&
  'table_name' in error && String(error.table_name).startsWith('consumed_event');

/** Lists those of the events that the consumer has consumed. */
export async function listConsumed(db: Db, consumer: string, eventIds: readonly string[]): Promise<Set<string>> {
  const sorted = [...eventIds].sort();
  // The bounds let PostgreSQL look into the days concerned only.
  const rows = await db<{ event_id: string }[]>`
    select event_id from consumed_event
    where consumer_name = ${consumer} and event_id = any(${sorted}::uuid[])
      and event_id between ${sorted[0] ?? null}::uuid and ${sorted.at(-1) ?? null}::uuid
  `;
  return new Set(rows.map((row) => row.event_id));
}
