import { readEvents } from '../../outbox/read-events.ts';
import type { ConsumerMetrics } from '../../platform/metrics.ts';
import { failSpan } from '../../platform/telemetry.ts';
import type { Consumed } from './consumed.ts';
import type { Consumer } from './consumer.ts';
import { type BatchAtHand, type Delivery, readDeliveries, type Runtime } from './delivery.ts';
import { type FailureContext, type SettledFailure, settleFailures } from './failures.ts';
import { makePerform, performBatch, type TakeCalls } from './perform.ts';
import { react, reactAlone } from './react.ts';
import { CRASHES_TO_SUSPECT, handleSuspects } from './suspects.ts';

export interface ConsumeOptions {
  readonly metrics: ConsumerMetrics;
  readonly onUnavailable: FailureContext['onUnavailable'];
  readonly takeCalls?: TakeCalls | undefined;
}

/** Consumes a batch and settles its failures; these come back. */
export type Consume = (batch: BatchAtHand) => Promise<readonly SettledFailure[]>;

/** Makes the function that consumes the batches of one consumer, of either kind. */
export function makeConsume<Ports>(
  consumer: Consumer<Ports>,
  runtime: Runtime<Ports>,
  { metrics, onUnavailable, takeCalls = async (wanted) => wanted }: ConsumeOptions,
): Consume {
  const { sql, log } = runtime;
  const { together, alone } = consumer.kind === 'reaction'
    ? {
        together: (batch: BatchAtHand) => react(consumer, runtime, batch),
        alone: (batch: BatchAtHand, delivery: Delivery) => reactAlone(consumer, runtime, { batch, delivery }),
      }
    : outboundSteps();

  function outboundSteps() {
    if (consumer.kind !== 'outbound') throw new Error('unreachable');
    const perform = makePerform(consumer, runtime, takeCalls);
    return {
      together: (batch: BatchAtHand) => performBatch(consumer, runtime, { batch, perform }),
      alone: (batch: BatchAtHand, delivery: Delivery) => perform(batch, [delivery]),
    };
  }

  async function consumeSuspects(batch: BatchAtHand): Promise<Consumed> {
    const { deliveries, unreadable } = readDeliveries(consumer, batch, await readEvents(sql, batch.eventIds));
    const handleAlone = (delivery: Delivery) => alone(batch, delivery);
    const failed = await handleSuspects({ sql, consumer: consumer.name, deliveries, handleAlone });
    return { deliveries, failed: [...unreadable, ...failed], isClosed: false };
  }

  return async (batch) => {
    const isSuspect = batch.crashes >= CRASHES_TO_SUSPECT;
    const { deliveries, failed, isClosed } = await (isSuspect ? consumeSuspects(batch) : together(batch));
    endSpans(deliveries, failed);
    return isClosed ? [] : settleFailures(batch.id, failed, { sql, log, metrics, consumer, onUnavailable });
  };
}

function endSpans(deliveries: readonly Delivery[], failed: Consumed['failed']): void {
  const errors = new Map(failed.map(({ eventId, error }) => [eventId, error]));
  for (const { event, span } of deliveries) {
    if (span === undefined) continue;
    if (errors.has(event.eventId)) failSpan(span, errors.get(event.eventId));
    span.end();
  }
}
