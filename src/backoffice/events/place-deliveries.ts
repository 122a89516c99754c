import type { ApiDeps } from '../../api/http/context.ts';
import type { EventView } from './outbox-events.ts';
import type { Hop } from './timeline.ts';

/** Where a delivery is: settled, waiting in PostgreSQL, in a batch in one of BullMQ's states, or nowhere. */
export type Place = 'consumed' | 'dead' | 'due' | 'delayed' | 'waiting' | 'active' | 'unpublished' | 'missing' | 'unseen';

export interface PlacedHop extends Hop {
  readonly place: Place;
}

const IN_QUEUE: Readonly<Record<string, Place>> = {
  waiting: 'waiting', prioritized: 'waiting', active: 'active', delayed: 'delayed',
};

/** Finds out where each delivery of an event is; the state of a batch cannot be seen while Redis is unavailable. */
export async function placeDeliveries(
  { queues }: Pick<ApiDeps, 'queues'>,
  { event, hops }: { readonly event: EventView; readonly hops: readonly Hop[] },
): Promise<readonly PlacedHop[]> {
  const open = await queues().catch(() => undefined);
  return Promise.all(hops.map(async (hop) => ({ ...hop, place: await placeOf(hop) })));

  async function placeOf({ consumer, consumedAt, isDead, resolution, waitsUntil, batchId }: Hop): Promise<Place> {
    if (consumedAt !== null) return 'consumed';
    if (isDead && resolution !== 'retried') return 'dead';
    if (waitsUntil !== null) return waitsUntil.getTime() > Date.now() ? 'delayed' : 'due';
    if (event.status !== 'published') return 'unpublished';
    if (batchId === null) return 'missing';
    const state = await open?.find(({ name }) => name === consumer)?.getJobState(batchId).catch(() => undefined);
    return state === undefined ? 'unseen' : (IN_QUEUE[state] ?? 'missing');
  }
}
