import { Problem } from '../api/problem.ts';
import { requestAgain } from '../notifications/request-again.ts';
import { countFailed, type Failed, queueAgain, queueFailedAgain } from '../store/notification-audit.ts';
import type { Recording } from './recording.ts';

const AT_ONCE = 10_000;

/** Sends one notification again; the record's id comes back. @throws {Problem} 409 */
export async function resendOne({ tx, now, record }: Recording, asked: { readonly id: string; readonly reason: string }): Promise<string> {
  const actionId = await record('resend-notification', { ...asked });
  const queued = await queueAgain(tx, asked.id, { actionId });
  if (queued === undefined) throw new Problem(409, 'There is no such notification, or it is not one that can be sent again.');
  await requestAgain(tx, [queued], now);
  return actionId;
}

interface Recovery extends Failed {
  /** What the preview said. */
  readonly count: number;
  readonly reason: string;
}

/** Sends again what has failed, the oldest first, as far as one transaction carries. @throws {Problem} 409 */
export async function recoverFailed({ tx, now, record }: Recording, { count, reason, ...failed }: Recovery) {
  const there = await countFailed(tx, failed);
  if (there !== count) throw new Problem(409, `Nothing was sent: ${there} have failed, not ${count}.`);
  const { channel, template = null, since } = failed;
  const actionId = await record('recover-notifications', { channel, template, since: since.toISOString(), count, reason });
  const queued = await queueFailedAgain(tx, failed, { actionId, limit: AT_ONCE });
  await requestAgain(tx, queued, now);
  return { actionId, recovered: queued.length, left: count - queued.length };
}
