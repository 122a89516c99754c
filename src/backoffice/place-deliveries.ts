import type { ApiDeps } from '../api/context.ts';
import { jobId } from '../platform/queues.ts';
import type { EventView } from '../store/outbox-events.ts';
import type { Hop } from '../store/timeline.ts';

/** Where a delivery is: settled, in its queue in one of BullMQ's states, not published yet, nowhere, or out of sight. */
export type Place = 'consumed' | 'dead' | 'waiting' | 'active' | 'delayed' | 'unpublished' | 'missing' | 'unseen';

export interface PlacedHop extends Hop {
  readonly place: Place;
}

const IN_QUEUE: Readonly<Record<string, Place>> = { waiting: 'waiting', prioritized: 'waiting', active: 'active', delayed: 'delayed' };

/** Finds out where each delivery of an event is; while Redis is away what is open can't be seen. */
export async function placeDeliveries(
  { queues }: Pick<ApiDeps, 'queues'>,
  { event, hops }: { readonly event: EventView; readonly hops: readonly Hop[] },
): Promise<readonly PlacedHop[]> {
  const open = await queues().catch(() => undefined);
  return Promise.all(hops.map(async (hop) => ({ ...hop, place: await placeOf(hop) })));

  async function placeOf({ consumer, epoch, consumedAt, isDead, resolution }: Hop): Promise<Place> {
    if (consumedAt !== null) return 'consumed';
    if (isDead && resolution !== 'retried') return 'dead';
    if (event.status !== 'published') return 'unpublished';
    const state = await open?.find(({ name }) => name === consumer)?.getJobState(jobId(event.eventId, epoch)).catch(() => undefined);
    return state === undefined ? 'unseen' : (IN_QUEUE[state] ?? 'missing');
  }
}
