import type { DeliveryQueue } from '../platform/queues.ts';
import { jobId } from '../platform/queues.ts';
import { signal } from '../platform/signal.ts';
import { failSpan, type Span, startSpan, toMetadata } from '../platform/telemetry.ts';

/** One publication of one delivery. */
export interface Publication {
  readonly eventId: string;
  /** Bull Board's name of the job. */
  readonly eventType: string;
  readonly epoch: number;
  /** Of the event's commit. The first publication continues its trace, each later one begins one of its own that links there. */
  readonly traceparent: string | null;
}

/**
 * Puts deliveries into their consumer's queue. A pipeline, not all-or-nothing: after an error any of them may be queued,
 * so the same publications are to be tried again; those already there stay as they are.
 */
export async function publish(queue: DeliveryQueue, publications: readonly Publication[]): Promise<void> {
  const spans = publications.map((publication) => begin(queue.name, publication));
  try {
    await queue.addBulk(
      publications.map(({ eventId, eventType, epoch }, index) => ({
        name: eventType,
        data: { eventId },
        opts: { jobId: jobId(eventId, epoch), ...carrying(spans[index]) },
      })),
    );
    signal('relay.queue-added');
  } catch (error) {
    for (const span of spans) failSpan(span, error);
    throw error;
  } finally {
    for (const span of spans) span.end();
  }
}

function begin(queue: string, { eventId, eventType, epoch, traceparent }: Publication): Span {
  return startSpan(`publish ${eventType}`, {
    kind: 'PRODUCER',
    ...(epoch === 0 ? { parent: traceparent } : { link: traceparent }),
    attributes: {
      'messaging.system': 'bullmq',
      'messaging.operation.type': 'send',
      'messaging.operation.name': 'publish',
      'messaging.destination.name': queue,
      'messaging.message.id': jobId(eventId, epoch),
    },
  });
}

/** Each job of a pipeline continues its own event's trace. */
function carrying(span: Span | undefined) {
  const metadata = toMetadata(span);
  return metadata === undefined ? undefined : { telemetry: { metadata } };
}
