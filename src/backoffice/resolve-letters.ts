import { type LetterFilter, resolveLetters } from '../kernel/consumers/dead-letters.ts';
import { replayDeliveries } from '../outbox/waiting.ts';
import type { Tx } from '../platform/postgres.ts';

/** Lets every dead letter that fits wait again. Returns how many. */
export async function retryLetters(tx: Tx, filter: LetterFilter, actionId: string): Promise<number> {
  const retried = await resolveLetters(tx, filter, { resolution: 'retried', actionId });
  await replayDeliveries(tx, retried);
  return retried.length;
}
