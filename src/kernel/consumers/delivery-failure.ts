import type { Db } from '../../platform/postgres.ts';
import type { Failure } from '../fingerprint.ts';

/** A failed attempt at one delivery. */
export interface FailedAttempt extends Failure {
  readonly eventId: string;
}

/** Counts one more attempt of each delivery. Returns the attempts so far by event id. */
export async function recordAttempts(db: Db, consumer: string, failed: readonly FailedAttempt[]): Promise<Map<string, number>> {
  if (failed.length === 0) return new Map();
  const rows = await db<{ eventId: string; attempts: number }[]>`
    insert into delivery_failure as failure (consumer_name, event_id, attempts, error, fingerprint)
    select ${consumer}, event_id, 1, error, fingerprint from ${unnest(db, failed)}
    on conflict (consumer_name, event_id) do update
    set attempts       = failure.attempts + 1,
        error          = excluded.error,
        fingerprint    = excluded.fingerprint,
        crashes        = 0,
        last_failed_at = excluded.last_failed_at
    returning event_id as "eventId", attempts
  `;
  return new Map(rows.map(({ eventId, attempts }) => [eventId, attempts]));
}

/** Makes deliveries dead letters, with the failures that led there; those consumed meanwhile are left alone. */
export async function insertDeadLetters(db: Db, consumer: string, failed: readonly FailedAttempt[]): Promise<void> {
  if (failed.length === 0) return;
  await db`
    with died as (
      select event_id, error, fingerprint from ${unnest(db, failed)}
    ), failure as (
      delete from delivery_failure using died
      where consumer_name = ${consumer} and delivery_failure.event_id = died.event_id
      returning delivery_failure.event_id, attempts, first_failed_at
    )
    insert into dead_letter as dead (consumer_name, event_id, attempts, error, fingerprint, first_failed_at, last_failed_at)
    select ${consumer}, died.event_id, greatest(failure.attempts, 1), died.error, died.fingerprint,
           coalesce(failure.first_failed_at, clock_timestamp()), clock_timestamp()
    from died left join failure using (event_id)
    where not exists (
      select from consumed_event consumed where consumed.consumer_name = ${consumer} and consumed.event_id = died.event_id
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
 * Records that a worker is about to handle a suspect delivery alone. Returns how many workers went down with the
 * delivery before. A worker that is still there afterwards withdraws the record.
 */
export async function recordSuspect(db: Db, consumer: string, eventId: string): Promise<number> {
  const [row] = await db<{ crashes: number }[]>`
    insert into delivery_failure as failure (consumer_name, event_id, attempts, error, fingerprint, crashes)
    values (${consumer}, ${eventId}, 0, 'a worker went down while it handled this delivery', 'crash', 1)
    on conflict (consumer_name, event_id) do update set crashes = failure.crashes + 1
    returning crashes
  `;
  return (row?.crashes ?? 1) - 1;
}

/** Withdraws the last record of a suspect: the worker did not go down. */
export async function withdrawSuspect(db: Db, consumer: string, eventId: string): Promise<void> {
  await db`
    with cleared as (
      delete from delivery_failure
      where consumer_name = ${consumer} and event_id = ${eventId} and attempts = 0 and crashes = 1
    )
    update delivery_failure set crashes = crashes - 1
    where consumer_name = ${consumer} and event_id = ${eventId} and crashes > 0 and not (attempts = 0 and crashes = 1)
  `;
}

const unnest = (db: Db, failed: readonly FailedAttempt[]) => db`
  unnest(
    ${failed.map(({ eventId }) => eventId)}::uuid[],
    ${failed.map(({ error }) => error)}::text[],
    ${failed.map(({ fingerprint }) => fingerprint)}::text[]
  ) as attempt (event_id, error, fingerprint)
`;
