import { justBelow } from '../outbox/sweep.ts';
import type { Tx } from '../platform/postgres.ts';
import { type LetterFilter, resolveLetters } from '../store/dead-letters.ts';
import { lowerVerified } from '../store/outbox-events.ts';

/** Gives every dead letter that fits back to the sweep, which publishes it again; their number comes back. */
export async function retryLetters(tx: Tx, filter: LetterFilter, actionId: string): Promise<number> {
  const retried = await resolveLetters(tx, filter, { resolution: 'retried', actionId });
  const oldest = retried.reduce<string | undefined>((least, { eventId }) => (least === undefined || eventId < least ? eventId : least), undefined);
  if (oldest !== undefined) {
    const consumers = [...new Set(retried.map(({ consumer }) => consumer))];
    await lowerVerified(tx, justBelow(oldest), { consumers, types: [] });
  }
  return retried.length;
}
