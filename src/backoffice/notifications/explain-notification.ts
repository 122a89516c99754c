import { notFound } from '../../api/http/problem.ts';
import { contracts } from '../../events/index.ts';
import { type Noticed, noticed, noticeOf } from '../../notifications/decide/notices.ts';
import type { Sql } from '../../platform/postgres.ts';
import { listNotifications, readDigests, readSteps } from './notification-audit.ts';
import { listEvents } from '../events/outbox-events.ts';
import { type CommittedEvent, readEvents } from '../../outbox/read-events.ts';

/** What «why was I (not) told?» is answered with. */
export const answers = [
  'decided', 'not yet decided', 'could not be decided', 'the event tells nobody', 'the event does not tell this user',
] as const;
type Answer = (typeof answers)[number];

/** Why a user was, or was not, told of an event. @throws {Problem} 404 */
export async function explainNotification(sql: Sql, { eventId, userId }: { readonly eventId: string; readonly userId: string }) {
  const event = (await readEvents(sql, [eventId])).get(eventId);
  const [standing] = await listEvents(sql, { filter: { eventId }, before: undefined, limit: 1 });
  if (event === undefined || standing === undefined) throw notFound();
  const deciding = standing.deliveries.find(({ consumer }) => consumer === 'notify');
  const notifications = await listNotifications(sql, { filter: { eventId, userId }, before: undefined, limit: 100 });
  const digestIds = notifications.flatMap(({ digestId }) => digestId ?? []);
  const [steps, digests] = [await readSteps(sql, eventId, userId), await readDigests(sql, digestIds)];
  const decided: Record<string, Answer> = {
    consumed: 'decided', dead: 'could not be decided', 'in flight': 'not yet decided', unpublished: 'not yet decided',
  };
  const answer = isTold(event, userId) ?? decided[deciding?.state ?? 'unpublished'] ?? 'not yet decided';
  return { eventId, eventType: event.eventType, userId, answer, error: deciding?.error ?? null, notifications, steps, digests };
}

/** Why the event has nothing to say to the user; undefined when it has. */
function isTold(stored: CommittedEvent, userId: string): Answer | undefined {
  const isNoticed = noticed.some(({ type }) => type === stored.eventType);
  const contract = contracts.find(({ type }) => type === stored.eventType);
  if (!isNoticed || contract === undefined) return 'the event tells nobody';
  try {
    const { readers } = noticeOf(contract.read(stored) as Noticed);
    if (readers.size === 0) return 'the event tells nobody';
    return readers.has(userId) ? undefined : 'the event does not tell this user';
  } catch {
    return undefined; // unreadable: whoever decides says so
  }
}
