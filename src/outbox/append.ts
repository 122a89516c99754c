import { v7 as uuidv7 } from 'uuid';
import type { Lane, NewEvent } from '../events/contract/event.ts';
import type { Db, Tx } from '../platform/postgres.ts';

/** What brought an event about, beside its facts. */
export interface Origin {
  /** Shared by everything that one request set off; a new one when absent. */
  readonly correlationId?: string | undefined;
  /** The event that caused this one. */
  readonly causationId?: string | undefined;
  /** W3C trace context. */
  readonly traceparent?: string | undefined;
  /** The cause's lane, for an event that has none of its own. */
  readonly lane?: Lane | undefined;
}

/** A new event and what brought it about. */
export interface Appended {
  readonly event: NewEvent;
  readonly origin: Origin;
}

/** Adds events to the outbox in the transaction of the change they tell of; the ids come back in their order. */
export async function append(tx: Tx, ...entries: readonly Appended[]): Promise<string[]> {
  if (entries.length === 0) return [];
  const ids = entries.map(() => uuidv7());
  await insertEvents(tx, ids, entries);
  return ids;
}

/** Makes the statement that adds events, as a part of the caller's own statement. */
export const appended = (tx: Db, entries: readonly Appended[]) =>
  insertEvents(tx, entries.map(() => uuidv7()), entries);

function insertEvents(tx: Db, ids: readonly string[], entries: readonly Appended[]) {
  const [first, ...others] = entries;
  return tx`
    insert into outbox_event (
      id, event_type, schema_version, occurred_at, tenant_id, actor_user_id,
      payload_json, correlation_id, causation_id, traceparent, lane
    )
    ${first !== undefined && others.length === 0 ? valuesOf(tx, ids[0] ?? '', first) : rowsOf(tx, ids, entries)}
  `;
}

/** Values of a single event, which cost PostgreSQL a fifth less than a row of arrays. */
const valuesOf = (tx: Db, id: string, { event, origin }: Appended) => tx`
  values (
    ${id}::uuid, ${event.eventType}, ${event.schemaVersion}, ${event.occurredAt}, ${event.tenantId ?? null},
    ${event.actorUserId ?? null}, ${JSON.stringify(event.payload)}::text::jsonb,
    ${origin.correlationId ?? id}::uuid, ${origin.causationId ?? null}, ${origin.traceparent ?? null},
    ${laneOf({ event, origin })}::lane
  )
`;

const rowsOf = (tx: Db, ids: readonly string[], entries: readonly Appended[]) => tx`
  select id, event_type, schema_version, occurred_at, tenant_id, actor_user_id,
         payload::jsonb, correlation_id, causation_id, traceparent, lane::lane
  from unnest(
    ${[...ids]}::uuid[],
    ${entries.map(({ event }) => event.eventType)}::text[],
    ${entries.map(({ event }) => event.schemaVersion)}::integer[],
    ${entries.map(({ event }) => event.occurredAt.toISOString())}::timestamptz[],
    ${entries.map(({ event }) => event.tenantId ?? null)}::uuid[],
    ${entries.map(({ event }) => event.actorUserId ?? null)}::uuid[],
    ${entries.map(({ event }) => JSON.stringify(event.payload))}::text[],
    ${entries.map(({ origin }, index) => origin.correlationId ?? ids[index] ?? null)}::uuid[],
    ${entries.map(({ origin }) => origin.causationId ?? null)}::uuid[],
    ${entries.map(({ origin }) => origin.traceparent ?? null)}::text[],
    ${entries.map(laneOf)}::text[]
  ) as entry (
    id, event_type, schema_version, occurred_at, tenant_id, actor_user_id,
    payload, correlation_id, causation_id, traceparent, lane
  )
`;

const laneOf = ({ event, origin }: Appended): Lane => event.lane ?? origin.lane ?? 'normal';
