import type { Sql } from '../../platform/postgres.ts';
import { Permanent } from '../../events/contract/errors.ts';
import { listConsumed } from './consumption.ts';
import type { Delivery, FailedDelivery } from './delivery.ts';
import { recordSuspect, withdrawSuspect } from './delivery-failure.ts';

/** Workers that a batch may take down before its deliveries are handled alone, and then each of them. */
export const CRASHES_TO_SUSPECT = 3;

let turn: Promise<unknown> = Promise.resolve();

/** Runs suspects one after another in the whole process: a crash is then the doing of the one on record. */
function takeTurn<T>(work: () => Promise<T>): Promise<T> {
  const next = turn.then(work, work);
  turn = next.catch(() => undefined);
  return next;
}

interface Suspects {
  readonly sql: Sql;
  readonly consumer: string;
  readonly deliveries: readonly Delivery[];
  readonly handleAlone: (delivery: Delivery) => Promise<readonly FailedDelivery[]>;
}

/**
 * Handles the deliveries of a batch that took down several workers, each alone and on record before it begins. The one
 * whose record shows three crashes fails for good without being handled; its neighbours are consumed.
 */
export async function handleSuspects({ sql, consumer, deliveries, handleAlone }: Suspects): Promise<readonly FailedDelivery[]> {
  const consumed = await listConsumed(sql, consumer, deliveries.map(({ event }) => event.eventId));
  const failed: FailedDelivery[] = [];
  for (const delivery of deliveries) {
    const { eventId } = delivery.event;
    if (consumed.has(eventId)) continue;
    failed.push(...(await takeTurn(async () => {
      const crashes = await recordSuspect(sql, consumer, eventId);
      const withdraw = () => withdrawSuspect(sql, consumer, eventId);
      if (crashes < CRASHES_TO_SUSPECT) return handleAlone(delivery).finally(withdraw);
      return [{ eventId, committed: delivery.committed, error: new Permanent(`${crashes} workers went down with it`) }];
    })));
  }
  return failed;
}
