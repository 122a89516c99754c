import type { Delivery, FailedDelivery } from './delivery.ts';

/** The batch was finished before, or the sweep took it for lost: its deliveries have another place now. */
export class SupersededBatch extends Error {
  override readonly name = 'SupersededBatch';
}

/** What was done with a batch. */
export interface Consumed {
  readonly deliveries: readonly Delivery[];
  readonly failed: readonly FailedDelivery[];
  /** Whether the batch is closed; otherwise the failures' transaction closes it. */
  readonly isClosed: boolean;
}
