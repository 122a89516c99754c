import { outdated } from '../../api/http/problem.ts';
import { digestOfLetters, type LetterFilter, resolveLetters } from '../../kernel/consumers/dead-letters.ts';
import { replayDeliveries } from '../../outbox/waiting.ts';
import type { Tx } from '../../platform/postgres.ts';

/** Size and digest of the set that an operator saw before acting on it. */
interface Shown {
  readonly count: number;
  readonly digest: string;
}

interface Steering extends Shown {
  readonly verb: 'retry' | 'discard';
  readonly actionId: string;
}

/** Retries or discards every dead letter that fits. @throws {Problem} 409 when they are not the ones that were shown */
export async function steerLetters(tx: Tx, filter: LetterFilter, { verb, actionId, ...shown }: Steering): Promise<void> {
  const resolution = verb === 'retry' ? 'retried' : 'discarded';
  const resolved = await resolveLetters(tx, filter, { resolution, actionId });
  if (resolved.length !== shown.count || digestOfLetters(resolved) !== shown.digest) {
    const now = resolved.length === shown.count ? 'others' : String(resolved.length);
    throw outdated(`Nothing was changed: there are now ${now} deliveries, not the ${shown.count} shown. Look again.`);
  }
  if (verb === 'retry') await replayDeliveries(tx, resolved);
}
