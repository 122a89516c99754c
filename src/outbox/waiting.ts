import type { Lane } from '../events/contract/event.ts';
import type { Db } from '../platform/postgres.ts';
import type { WaitReason } from './batch.ts';

/** A delivery that has no place in Redis yet. */
export interface WaitingDelivery {
  readonly consumer: string;
  readonly eventId: string;
  readonly eventType: string;
  readonly reason: WaitReason;
  readonly lane: Lane;
  readonly tenantId: string | undefined;
  /** Milliseconds from now, by the database's clock, until it may be tried. */
  readonly delayMs: number;
}

/** Lets deliveries wait; one that waits already keeps its row. */
export async function insertWaiting(db: Db, rows: readonly WaitingDelivery[]): Promise<void> {
  if (rows.length === 0) return;
  await db`
    insert into waiting_delivery (consumer_name, event_id, event_type, not_before, reason, lane, tenant_id, is_due)
    select consumer, event_id, event_type, clock_timestamp() + delay_ms * interval '1 millisecond', reason, lane::lane, tenant_id,
           delay_ms <= 0
    from unnest(
      ${rows.map(({ consumer }) => consumer)}::text[],
      ${rows.map(({ eventId }) => eventId)}::uuid[],
      ${rows.map(({ eventType }) => eventType)}::text[],
      ${rows.map(({ delayMs }) => delayMs)}::float8[],
      ${rows.map(({ reason }) => reason)}::text[],
      ${rows.map(({ lane }) => lane)}::text[],
      ${rows.map(({ tenantId }) => tenantId ?? null)}::uuid[]
    ) as waiting (consumer, event_id, event_type, delay_ms, reason, lane, tenant_id)
    on conflict (consumer_name, event_id) do nothing
  `;
}

/** Lets deliveries of past events wait again for an operator: in the lane `bulk`, unless they are urgent. */
export async function replayDeliveries(tx: Db, deliveries: readonly { readonly consumer: string; readonly eventId: string }[]): Promise<void> {
  if (deliveries.length === 0) return;
  const sorted = deliveries.map(({ eventId }) => eventId).sort();
  // The bounds let PostgreSQL look into the days concerned only.
  await tx`
    insert into waiting_delivery (consumer_name, event_id, event_type, reason, lane, tenant_id)
    select delivery.consumer, event.id, event.event_type, 'replayed',
           case event.lane when 'urgent' then 'urgent' else 'bulk' end::lane, event.tenant_id
    from unnest(
      ${deliveries.map(({ consumer }) => consumer)}::text[],
      ${deliveries.map(({ eventId }) => eventId)}::uuid[]
    ) as delivery (consumer, event_id)
    join outbox_event event on event.id = delivery.event_id
      and event.id between ${sorted[0] ?? null}::uuid and ${sorted.at(-1) ?? null}::uuid
    on conflict (consumer_name, event_id) do nothing
  `;
}

const DUE_AT_ONCE = 5_000;

/** Marks rows whose time has come as due. Returns how many. */
export async function markDue(db: Db): Promise<number> {
  const { count } = await db`
    update waiting_delivery set is_due = true
    where ctid = any (array(
      select ctid from waiting_delivery
      where not is_due and not_before <= clock_timestamp()
      order by not_before
      limit ${DUE_AT_ONCE}
      for update skip locked
    ))
  `;
  return count;
}

/** A consumer and a lane in which deliveries are due. */
export interface DueLane {
  readonly consumer: string;
  readonly lane: Lane;
}

/**
 * Returns the tenant whose turn a delivery takes; those of no tenant share the last one. Written with a literal, as in
 * the index: PostgreSQL's plan for any values cannot match a parameter with it.
 */
export const turnTenant = (db: Db) => db`coalesce(tenant_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff')`;

/**
 * Lists the lanes in which deliveries are due, in the order in which they are served. The order inside makes PostgreSQL
 * look into the index once for each lane; it would otherwise read every row that waits.
 */
export function listDueLanes(db: Db): Promise<DueLane[]> {
  return db<DueLane[]>`
    select consumer.name as consumer, lane
    from consumer
    cross join unnest(enum_range(null::lane)) as lane
    cross join lateral (
      select from waiting_delivery waiting
      where waiting.consumer_name = consumer.name and waiting.lane = lane.lane and is_due
      order by ${turnTenant(db)}, event_id
      limit 1
    ) as first
    order by lane, consumer.name
  `;
}
