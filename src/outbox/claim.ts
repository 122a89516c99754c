import type { Sql } from '../platform/postgres.ts';

/** Events a relay holds by lease: no other relay takes them until it ends by the database's clock. */
export interface Claim {
  readonly lease: string;
  /** Oldest first. */
  readonly events: readonly ClaimedEvent[];
}

export interface ClaimedEvent {
  readonly id: string;
  readonly type: string;
  readonly traceparent: string | null;
}

/** Claims the oldest pending events that nobody holds, at most `limit`; see `claim_events` in the migrations. */
export async function claim(sql: Sql, limit: number, leaseMs: number): Promise<Claim | undefined> {
  const rows = await sql<{ lease: string; id: string; type: string; traceparent: string | null }[]>`
    select claimed_lease as lease, claimed_id as id, claimed_type as type, claimed_traceparent as traceparent
    from claim_events(${limit}, ${leaseMs})
  `;
  const [first] = rows;
  if (first === undefined) return undefined;
  return { lease: first.lease, events: rows.map(({ id, type, traceparent }) => ({ id, type, traceparent })) };
}

/**
 * Marks events as published and ends the lease. Where it had expired nothing is marked: another relay has the events.
 * The seconds from commit to mark of each come back, by the database's clock.
 */
export async function markPublished(sql: Sql, lease: string, events: readonly ClaimedEvent[]): Promise<readonly number[]> {
  const ids = events.map(({ id }) => id);
  // The bounds let PostgreSQL look into the days concerned only.
  const rows = await sql<{ seconds: number }[]>`
    with held as (delete from outbox_lease where lease = ${lease} returning lease)
    update outbox_event set status = 'published', published_at = clock_timestamp()
    where id = any(${ids}::uuid[]) and id between ${ids[0] ?? null}::uuid and ${ids.at(-1) ?? null}::uuid
      and exists (select from held)
    returning extract(epoch from published_at - created_at)::float8 as seconds
  `;
  return rows.map(({ seconds }) => seconds);
}

/** Takes an event that can't be published out of the pending ones, where an operator sees it and can retry it. */
export async function markFailed(sql: Sql, lease: string, eventId: string, failure: string): Promise<void> {
  await sql`
    update outbox_event set status = 'failed', failure = ${failure}
    where id = ${eventId} and exists (select from outbox_lease where lease = ${lease})
  `;
}

/** Gives claimed events back at once, for a relay that could not publish them. */
export async function release(sql: Sql, lease: string): Promise<void> {
  await sql`delete from outbox_lease where lease = ${lease}`;
}
