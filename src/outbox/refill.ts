import type { Lane } from '../kernel/event.ts';
import type { Sql } from '../platform/postgres.ts';
import { addBatches } from './add-batches.ts';
import type { Batch } from './batch.ts';
import { FIRST_ID, type RelayOptions, readOwnQueues } from './publish.ts';
import type { QueueState } from './queue-state.ts';
import { type DueLane, listDueLanes, markDue } from './waiting.ts';

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
async function takeTurns(sql: Sql, { consumer, lane, room, turns }: Turn): Promise<readonly Batch[]> {
  const key = `${consumer} ${lane}`;
  const take = (batches: number, after: string) => sql<Row[]>`
    select batch_id as id, batch_event_ids as "eventIds", types, last_tenant as "lastTenant"
    from refill_queue(${consumer}, ${lane}, ${batches}, ${after})
  `;
  const after = turns.get(key) ?? FIRST_ID;
  const rows = [...(await take(room, after))];
  if (rows.length < room && after !== FIRST_ID) rows.push(...(await take(room - rows.length, FIRST_ID)));
  turns.set(key, rows.at(-1)?.lastTenant ?? FIRST_ID);
  return rows.map(({ id, eventIds, types }) => ({ id, consumer, lane, eventIds, types }));
}
