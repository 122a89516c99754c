import type { Db } from '../platform/postgres.ts';

/**
 * Writes the proof of consumption and returns the events it is new for; only their effect may follow, in the same
 * transaction. What failed or died before is settled with it.
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

/** Those of the events that the consumer has consumed. */
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

/** How a delivery failed: text that may be read by operators, and the key by which equal failures are grouped. */
export interface Failure {
  readonly error: string;
  readonly fingerprint: string;
}

/** Counts one more failure of a delivery; the number so far comes back. */
export async function recordFailure(db: Db, consumer: string, eventId: string, failure: Failure): Promise<number> {
  const [row] = await db<{ attempts: number }[]>`
    insert into delivery_failure as failure (consumer_name, event_id, attempts, error, fingerprint)
    values (${consumer}, ${eventId}, 1, ${failure.error}, ${failure.fingerprint})
    on conflict (consumer_name, event_id) do update
    set attempts       = failure.attempts + 1,
        error          = excluded.error,
        fingerprint    = excluded.fingerprint,
        last_failed_at = excluded.last_failed_at
    returning attempts
  `;
  return row?.attempts ?? 1;
}

/** Makes a delivery a dead letter, with the failures that led there; one that was consumed meanwhile is left alone. */
export async function bury(db: Db, consumer: string, eventId: string, failure: Failure): Promise<void> {
  await db`
    with failed as (
      delete from delivery_failure where consumer_name = ${consumer} and event_id = ${eventId}
      returning attempts, first_failed_at
    )
    insert into dead_letter as dead (
      consumer_name, event_id, attempts, error, fingerprint, first_failed_at, last_failed_at
    )
    select ${consumer}, ${eventId}::uuid, coalesce(max(failed.attempts), 1), ${failure.error}, ${failure.fingerprint},
           coalesce(min(failed.first_failed_at), clock_timestamp()), clock_timestamp()
    from failed
    having not exists (
      select from consumed_event consumed
      where consumed.consumer_name = ${consumer} and consumed.event_id = ${eventId}::uuid
    )
    on conflict (consumer_name, event_id) do update
    set attempts       = dead.attempts + excluded.attempts,
        error          = excluded.error,
        fingerprint    = excluded.fingerprint,
        last_failed_at = excluded.last_failed_at,
        resolution     = null,
        resolved_at    = null
  `;
}

/**
 * Raises the epoch of deliveries that are to be published again; the new epochs come back, in no order. One that was
 * consumed or died since it was found open is left out: its job was gone because it was done.
 */
export async function raiseEpochs(
  db: Db,
  consumer: string,
  eventIds: readonly string[],
  reason: string,
): Promise<readonly { readonly eventId: string; readonly epoch: number }[]> {
  return db<{ eventId: string; epoch: number }[]>`
    insert into republication as again (consumer_name, event_id, epoch, reason)
    select ${consumer}, open.id, 1, ${reason}
    from unnest(${eventIds as string[]}::uuid[]) as open (id)
    where not exists (
        select from consumed_event consumed where consumed.consumer_name = ${consumer} and consumed.event_id = open.id
      )
      and not exists (
        select from dead_letter dead
        where dead.consumer_name = ${consumer} and dead.event_id = open.id and dead.resolution is distinct from 'retried'
      )
    order by open.id
    on conflict (consumer_name, event_id) do update
    set epoch = again.epoch + 1, reason = excluded.reason, published_at = excluded.published_at
    returning event_id as "eventId", epoch
  `;
}
