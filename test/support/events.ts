import type { Sql } from '../../src/platform/postgres.ts';

interface Told {
  readonly type: string;
  readonly tenantId: string | null;
  readonly actorUserId: string | null;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** The committed events of the named types, in their order. */
export function eventsOf(sql: Sql, ...types: readonly string[]): Promise<Told[]> {
  return sql<Told[]>`
    select event_type as type, tenant_id as "tenantId", actor_user_id as "actorUserId", payload_json as payload
    from outbox_event
    where event_type = any(${[...types]}::text[])
    order by id
  `;
}
