import type { DeliveryQueue } from '../platform/queues.ts';
import { jobId } from '../platform/queues.ts';
import { signal } from '../platform/signal.ts';

/** One publication of one delivery. */
export interface Publication {
  readonly eventId: string;
  /** Bull Board's name of the job. */
  readonly eventType: string;
  readonly epoch: number;
}

/**
 * Puts deliveries into their consumer's queue. A pipeline, not all-or-nothing: after an error any of them may be queued,
 * so the same publications are to be tried again; those already there stay as they are.
 */
export async function publish(queue: DeliveryQueue, publications: readonly Publication[]): Promise<void> {
  await queue.addBulk(
    publications.map(({ eventId, eventType, epoch }) => ({
      name: eventType,
      data: { eventId },
      opts: { jobId: jobId(eventId, epoch) },
    })),
  );
  signal('relay.queue-added');
}
