import type { Sql, Tx } from '../../platform/postgres.ts';
import { lowestId } from '../../outbox/partitions.ts';

export type EventStatus = 'pending' | 'published' | 'failed';

/** Which events an operator asks for; what is absent does not matter. */
export interface EventFilter {
  readonly status?: EventStatus | undefined;
  readonly type?: string | undefined;
  readonly tenantId?: string | undefined;
  readonly eventId?: string | undefined;
  readonly correlationId?: string | undefined;
  /** First instant, inclusive, by the time in the event's id. */
  readonly from?: Date | undefined;
  /** Last instant, exclusive. */
  readonly to?: Date | undefined;
}

/** How far an event came at one consumer that hears it. */
export interface DeliveryView {
  readonly consumer: string;
  readonly state: 'consumed' | 'dead' | 'in flight' | 'unpublished';
  readonly consumedAt: string | null;
  readonly attempts: number;
  readonly error: string | null;
}

/** An event's facts and standing, without its payload: operators need no personal data. */
export interface EventView {
  readonly eventId: string;
  readonly eventType: string;
  readonly schemaVersion: number;
  readonly occurredAt: Date;
  readonly tenantId: string | null;
  readonly actorUserId: string | null;
  readonly correlationId: string;
  readonly causationId: string | null;
  readonly traceparent: string | null;
  readonly status: EventStatus;
  readonly createdAt: Date;
  readonly publishedAt: Date | null;
  readonly failure: string | null;
  readonly deliveries: readonly DeliveryView[];
}

interface EventPage {
  readonly filter: EventFilter;
  /** The id that ended the page before. */
  readonly before: string | undefined;
  readonly limit: number;
}

/** Events that fit the filter and come before `before`, newest first, each with its deliveries. */
export function listEvents(sql: Sql, { filter, before, limit }: EventPage): Promise<EventView[]> {
  return sql<EventView[]>`
    with event as (
      select * from outbox_event
      where ${matches(sql, filter)} ${before === undefined ? sql`` : sql`and id < ${before}`}
      order by id desc
      limit ${limit}
    )
    select id as "eventId", event_type as "eventType", schema_version as "schemaVersion", occurred_at as "occurredAt",
           tenant_id as "tenantId", actor_user_id as "actorUserId", correlation_id as "correlationId",
           causation_id as "causationId", traceparent, status, created_at as "createdAt",
           published_at as "publishedAt", failure,
           (
             select coalesce(jsonb_agg(jsonb_build_object(
                      'consumer', heard.consumer_name,
                      'state', case when consumed.event_id is not null   then 'consumed'
                                    when dead.event_id is not null       then 'dead'
                                    when event.status = 'published'      then 'in flight'
                                    else 'unpublished' end,
                      'consumedAt', to_char(consumed.consumed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
                      'attempts', coalesce(dead.attempts, failed.attempts, 0),
                      'error', coalesce(dead.error, failed.error)
                    ) order by heard.consumer_name), '[]')
             from subscription heard
             left join consumed_event consumed
               on consumed.consumer_name = heard.consumer_name and consumed.event_id = event.id
             left join dead_letter dead
               on dead.consumer_name = heard.consumer_name and dead.event_id = event.id and dead.resolution is null
             left join delivery_failure failed
               on failed.consumer_name = heard.consumer_name and failed.event_id = event.id
             where heard.event_type = event.event_type
               and heard.subscribed_at <= event.created_at
               and (heard.unsubscribed_at is null or heard.unsubscribed_at > event.created_at)
           ) as deliveries
    from event
    order by id desc
  `;
}

const oldestMatching = (db: Sql | Tx, filter: EventFilter, limit: number) =>
  db`select id from outbox_event where ${matches(db, filter)} order by id limit ${limit}`;

/** Lists the ids of at most `limit` events that fit, oldest first. */
export async function listMatching(sql: Sql, filter: EventFilter, limit: number): Promise<string[]> {
  return (await sql<{ id: string }[]>`${oldestMatching(sql, filter, limit)}`).map(({ id }) => id);
}

/** Holds at most `limit` events that fit and that no other operator holds, oldest first; their ids come back. */
export async function holdMatching(tx: Tx, filter: EventFilter, limit: number): Promise<string[]> {
  const rows = await tx<{ id: string }[]>`
    ${oldestMatching(tx, filter, limit)} for no key update skip locked
  `;
  return rows.map(({ id }) => id);
}

function matches(sql: Sql | Tx, { status, type, tenantId, eventId, correlationId, from, to }: EventFilter) {
  return sql`
    true
    ${status === undefined ? sql`` : hasStatus(sql, status)}
    ${type === undefined ? sql`` : sql`and event_type = ${type}`}
    ${tenantId === undefined ? sql`` : sql`and tenant_id = ${tenantId}`}
    ${eventId === undefined ? sql`` : sql`and id = ${eventId}`}
    ${correlationId === undefined ? sql`` : sql`and correlation_id = ${correlationId}`}
    ${from === undefined ? sql`` : sql`and id >= ${lowestId(from)}`}
    ${to === undefined ? sql`` : sql`and id < ${lowestId(to)}`}
  `;
}

/** Few events are pending or failed; each has an index that holds only such. */
function hasStatus(sql: Sql | Tx, status: EventStatus) {
  if (status === 'pending') return sql`and id in (select id from pending_event)`;
  return status === 'failed' ? sql`and failure is not null` : sql`and status = 'published'`;
}

export interface EventStanding {
  readonly id: string;
  readonly status: EventStatus;
  readonly eventType: string;
}

/** Those of the events that exist, held against a second operator until the transaction ends. */
export function holdEvents(tx: Tx, ids: readonly string[]): Promise<EventStanding[]> {
  return tx<EventStanding[]>`
    select id, status, event_type as "eventType"
    from outbox_event
    where id = any (${[...ids]}::uuid[])
    order by id
    for no key update
  `;
}
