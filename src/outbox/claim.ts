import type { Sql } from '../platform/postgres.ts';

/** Events a relay holds by lease: no other relay takes them until it expires by the database's clock. */
export interface Claim {
  readonly lease: string;
  readonly events: readonly { readonly id: string; readonly type: string }[];
}

/** Claims the oldest pending events, at most `limit`, in one statement. */
export async function claim(sql: Sql, limit: number, leaseMs: number): Promise<Claim | undefined> {
  const rows = await sql<{ id: string; type: string; lease: string }[]>`
    with next as materialized (
      select id from outbox_event
      where status = 'pending' and (leased_until is null or leased_until < clock_timestamp())
      order by id
      limit ${limit}
      for update skip locked
    ), fence as materialized (
      select nextval('outbox_lease') as lease
    )
    update outbox_event event
    set lease            = fence.lease,
        leased_until     = clock_timestamp() + ${leaseMs} * interval '1 millisecond',
        publish_attempts = event.publish_attempts + 1
    from next, fence
    where event.id = next.id
    returning event.id, event.event_type as type, event.lease
  `;
  const [first] = rows;
  if (first === undefined) return undefined;
  return { lease: first.lease, events: rows.map(({ id, type }) => ({ id, type })).sort((a, b) => (a.id < b.id ? -1 : 1)) };
}

/** Marks claimed events as published. One whose lease another relay has taken meanwhile is that relay's to mark. */
export async function markPublished(sql: Sql, { lease, events }: Claim): Promise<void> {
  const ids = events.map(({ id }) => id);
  await sql`
    update outbox_event
    set status = 'published', published_at = clock_timestamp(), lease = null, leased_until = null
    where id = any(${ids}::uuid[]) and id between ${ids[0] ?? null}::uuid and ${ids.at(-1) ?? null}::uuid
      and lease = ${lease}
  `;
}

/** Takes an event that can't be published out of the pending ones, where an operator sees it and can retry it. */
export async function markFailed(sql: Sql, lease: string, eventId: string, failure: string): Promise<void> {
  await sql`
    update outbox_event
    set status = 'failed', failure = ${failure}, lease = null, leased_until = null
    where id = ${eventId} and lease = ${lease}
  `;
}

/** Gives claimed events back at once, for a relay that could not publish them. */
export async function release(sql: Sql, { lease, events }: Claim): Promise<void> {
  await sql`
    update outbox_event set lease = null, leased_until = null
    where id = any(${events.map(({ id }) => id)}::uuid[]) and lease = ${lease}
  `;
}
