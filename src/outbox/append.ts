import { v7 as uuidv7 } from 'uuid';
import type { Lane, NewEvent } from '../kernel/event.ts';
import type { Tx } from '../platform/postgres.ts';

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
  await tx`
    insert into outbox_event (
      id, event_type, schema_version, occurred_at, tenant_id, actor_user_id,
      payload_json, correlation_id, causation_id, traceparent, lane
    )
    select id, event_type, schema_version, occurred_at, tenant_id, actor_user_id,
           payload::jsonb, correlation_id, causation_id, traceparent, lane::lane
    from unnest(
      ${ids}::uuid[],
      ${entries.map(({ event }) => event.eventType)}::text[],
      ${entries.map(({ event }) => event.schemaVersion)}::integer[],
      ${entries.map(({ event }) => event.occurredAt.toISOString())}::timestamptz[],
      ${entries.map(({ event }) => event.tenantId ?? null)}::uuid[],
      ${entries.map(({ event }) => event.actorUserId ?? null)}::uuid[],
      ${entries.map(({ event }) => JSON.stringify(event.payload))}::text[],
      ${entries.map(({ origin }, index) => origin.correlationId ?? ids[index] ?? null)}::uuid[],
      ${entries.map(({ origin }) => origin.causationId ?? null)}::uuid[],
      ${entries.map(({ origin }) => origin.traceparent ?? null)}::text[],
      ${entries.map(({ event, origin }) => event.lane ?? origin.lane ?? 'normal')}::text[]
    ) as entry (
      id, event_type, schema_version, occurred_at, tenant_id, actor_user_id,
      payload, correlation_id, causation_id, traceparent, lane
    )
  `;
  return ids;
}
