import type { Lane } from '../events/contract/event.ts';
import type { Sql } from '../platform/postgres.ts';
import { addBatches } from './add-batches.ts';
import type { Batch } from './batch.ts';
import { FIRST_ID, type RelayOptions, readOwnQueues } from './publish.ts';
import type { QueueState } from './queue-state.ts';
import { type DueLane, listDueLanes, markDue, turnTenant } from './waiting.ts';

/** Where each consumer's tenants go on taking turns, by consumer and lane. */
export type Turns = Map<string, string>;

export interface Refilled {
  /** Deliveries that were moved into queues. */
  readonly deliveries: number;
  /** Whether deliveries that are due are left. */
  readonly isMore: boolean;
}

/**
 * Moves due deliveries into queues with room: urgent ones first, then tenants in turn, then the oldest.
 * @throws {Unavailable} when Redis is down; what it refused waits again.
 */
export async function refillQueues(options: RelayOptions, turns: Turns): Promise<Refilled> {
  await markDue(options.sql);
  const lanes = await listDueLanes(options.sql);
  if (lanes.length === 0) return { deliveries: 0, isMore: false };
  const states = new Map((await readOwnQueues(options)).map((state) => [state.consumer, state]));
  let deliveries = 0;
  for (const [consumer, ofConsumer] of Map.groupBy(lanes, (lane) => lane.consumer)) {
    const state = states.get(consumer);
    if (state === undefined) continue;
    deliveries += await refillConsumer(options, { state, lanes: ofConsumer, turns });
  }
  return { deliveries, isMore: true };
}

interface Refill {
  readonly state: QueueState;
  readonly lanes: readonly DueLane[];
  readonly turns: Turns;
}

async function refillConsumer(options: RelayOptions, { state, lanes, turns }: Refill): Promise<number> {
  let { waiting } = state;
  let deliveries = 0;
  for (const { consumer, lane } of lanes) {
    const room = roomOf(lane, { ...state, waiting }, options.depth);
    if (room <= 0) continue;
    const batches = await takeTurns(options.sql, { consumer, lane, room, turns });
    await addBatches(options, batches);
    waiting += batches.length;
    deliveries += batches.reduce((sum, { eventIds }) => sum + eventIds.length, 0);
  }
  return deliveries;
}

/** Returns how many batches of a lane may be added: urgent ones overtake what waits, bulk ones leave half to the others. */
function roomOf(lane: Lane, { waiting, floor }: QueueState, depth: number): number {
  if (lane === 'urgent') return Math.min(floor, depth - waiting);
  return (lane === 'normal' ? floor : Math.ceil(floor / 2)) - waiting;
}

interface Turn {
  readonly consumer: string;
  readonly lane: Lane;
  readonly room: number;
  readonly turns: Turns;
}

interface Row {
  readonly id: string;
  readonly eventIds: readonly string[];
  readonly types: Readonly<Record<string, number>>;
  readonly lastTenant: string;
}

/** Takes the next tenants' deliveries into batches; after the last tenant the first one follows in the same round. */
async function takeTurns(sql: Sql, turn: Turn): Promise<readonly Batch[]> {
  const { consumer, lane, room, turns } = turn;
  const key = `${consumer} ${lane}`;
  const after = turns.get(key) ?? FIRST_ID;
  const rows = await takeAfter(sql, turn, { after, batches: room });
  const left = room - rows.length;
  if (left > 0 && after !== FIRST_ID) rows.push(...(await takeAfter(sql, turn, { after: FIRST_ID, batches: left })));
  turns.set(key, rows.at(-1)?.lastTenant ?? FIRST_ID);
  return rows.map(({ id, eventIds, types }) => ({ id, consumer, lane, eventIds, types }));
}

/**
 * Moves the oldest due deliveries of the tenants after one into at most so many batches; each tenant gives an equal share.
 * One statement, so that a delivery is always in exactly one place.
 */
function takeAfter(
  sql: Sql,
  { consumer, lane }: Turn,
  { after, batches }: { readonly after: string; readonly batches: number },
): Promise<Row[]> {
  const due = sql`consumer_name = ${consumer} and lane = ${lane} and is_due`;
  const tenant = turnTenant(sql);
  return sql<Row[]>`
    with recursive size as (
      select batch_limit, ${batches} * batch_limit as deliveries from consumer where name = ${consumer}
    ), turn as (
      (select ${tenant} as tenant, 1 as nth from waiting_delivery where ${due} and ${tenant} > ${after} order by 1 limit 1)
      union all
      select next.tenant, turn.nth + 1
      from turn
      cross join lateral (
        select ${tenant} as tenant from waiting_delivery where ${due} and ${tenant} > turn.tenant order by 1 limit 1
      ) as next
      where turn.nth < (select deliveries from size)
    ), taken as (
      delete from waiting_delivery
      where ctid = any (array(
        select oldest.ctid
        from turn
        cross join lateral (
          select ctid from waiting_delivery where ${due} and ${tenant} = turn.tenant
          order by event_id
          limit ceil((select deliveries from size) / (select count(*) from turn)::numeric)
          for update skip locked
        ) as oldest
        limit (select deliveries from size)
      ))
      returning event_id, event_type, tenant_id
    ), placed as (
      select event_id, event_type, (row_number() over (order by nth, tenant_id) - 1) / (select batch_limit from size) as part
      from (select *, row_number() over (partition by tenant_id order by event_id) as nth from taken) as numbered
    ), batch as (
      select gen_random_uuid() as id, array_agg(event_id) as event_ids, array_agg(event_type) as event_types
      from placed group by part
    ), queued as (
      insert into queued_batch (id, consumer_name, lane, event_ids) select id, ${consumer}, ${lane}, event_ids from batch
    )
    select id, event_ids as "eventIds", count_types(event_types) as types,
           (select tenant from turn order by nth desc limit 1) as "lastTenant"
    from batch
  `;
}
