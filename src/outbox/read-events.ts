import type { Lane, StoredEvent } from '../events/contract/event.ts';
import type { Db } from '../platform/postgres.ts';

interface Row {
  readonly id: string;
  readonly event_type: string;
  readonly schema_version: number;
  readonly occurred_at: Date;
  readonly tenant_id: string | null;
  readonly actor_user_id: string | null;
  readonly payload_json: unknown;
  readonly correlation_id: string;
  readonly causation_id: string | null;
  readonly traceparent: string | null;
  readonly lane: Lane;
  readonly created_at: Date;
  readonly published_at: Date | null;
  readonly read_at: Date;
}

/** A stored event, and when it was committed and published by the database's clock. */
export interface CommittedEvent extends StoredEvent {
  readonly createdAt: Date;
  readonly publishedAt: Date | undefined;
  /** When it was read: by the database's clock, and by this process's `performance.now()`, for what comes after. */
  readonly read: { readonly at: Date; readonly processMs: number };
}

/** Reads events by id; those that are not in the outbox are missing from the map. */
export async function readEvents(db: Db, eventIds: readonly string[]): Promise<Map<string, CommittedEvent>> {
  const sorted = [...eventIds].sort();
  // The bounds let PostgreSQL look into the days concerned only.
  const rows = await db<Row[]>`
    select id, event_type, schema_version, occurred_at, tenant_id, actor_user_id, payload_json,
           correlation_id, causation_id, traceparent, lane, created_at, published_at, clock_timestamp() as read_at
    from outbox_event
    where id = any(${sorted}::uuid[]) and id between ${sorted[0] ?? null}::uuid and ${sorted.at(-1) ?? null}::uuid
  `;
  const processMs = performance.now();
  return new Map(rows.map((row) => [row.id, toEvent(row, processMs)]));
}

function toEvent(row: Row, processMs: number): CommittedEvent {
  return {
    eventId: row.id,
    eventType: row.event_type,
    schemaVersion: row.schema_version,
    occurredAt: row.occurred_at,
    tenantId: row.tenant_id ?? undefined,
    actorUserId: row.actor_user_id ?? undefined,
    payload: row.payload_json,
    correlationId: row.correlation_id,
    causationId: row.causation_id ?? undefined,
    traceparent: row.traceparent ?? undefined,
    lane: row.lane,
    createdAt: row.created_at,
    publishedAt: row.published_at ?? undefined,
    read: { at: row.read_at, processMs },
  };
}
