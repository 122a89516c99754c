import { outdated, Problem } from '../../api/http/problem.ts';
import { requestAgain } from '../../notifications/send/request-again.ts';
import type { DocumentStore } from '../../documents/document-store.ts';
import { type Failed, type FailedPreview, previewFailed, queueAgain, queueFailedAgain } from './notification-audit.ts';
import type { Recording } from '../kit/recording.ts';

/** An action that sends again, by the templates' current versions. */
interface Sending extends Recording {
  readonly documents: Pick<DocumentStore, 'listTemplates'>;
}

async function currentVersions({ documents }: Sending): Promise<ReadonlyMap<string, number>> {
  return new Map((await documents.listTemplates()).flatMap(({ name, current }) => (current == null ? [] : [[name, current] as const])));
}

/** Sends one notification again; the record's id comes back. @throws {Problem} 409 */
export async function resendOne(sending: Sending, asked: { readonly id: string; readonly reason: string }): Promise<string> {
  const { tx, now, record } = sending;
  const actionId = await record('resend-notification', { ...asked });
  const queued = await queueAgain(tx, asked.id, { actionId, versions: await currentVersions(sending) });
  if (queued === undefined) throw new Problem(409, 'The notification does not exist, or cannot be sent again.');
  await requestAgain(tx, [queued], { now });
  return actionId;
}

interface Recovery extends Failed, FailedPreview {
  readonly reason: string;
}

/** Sends again what has failed or has an unknown end, the oldest first, as far as one transaction carries. @throws {Problem} 409 */
export async function recoverFailed(sending: Sending, { count, digest, reason, ...failed }: Recovery) {
  const { tx, now: at, record } = sending;
  const { count: there } = await previewFailed(tx, failed);
  if (there !== count) throw outdated(`Nothing was sent: there are now ${there} notifications, not ${count}. Look again.`);
  const { status, channel, template = null, since } = failed;
  const actionId = await record('recover-notifications', { status, channel, template, since: since.toISOString(), count, reason });
  const { queued, digest: now } = await queueFailedAgain(tx, failed, { actionId, versions: await currentVersions(sending) });
  if (now !== digest) throw outdated('Nothing was sent: the notifications are not those shown. Look again.');
  await requestAgain(tx, queued, { now: at, lane: 'bulk' });
  return { actionId, recovered: queued.length, left: count - queued.length };
}
