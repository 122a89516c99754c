import { readEvents } from '../../outbox/read-events.ts';
import type { Db } from '../../platform/postgres.ts';
import { listMissedPairs, listOutdated, type MissedPair } from './list-missed-notices.ts';
import { NO_CONTACT } from './create-notifications.ts';
import { type Noticed, noticed, noticesOf, type PersonalNotice } from './notices.ts';

const SEARCHED = 1_000; // pairs that one look considers

/** Lists the notices that users missed for want of a contact and that are still of use to them, oldest first. */
export async function listMissedNotices(db: Db, now: Date): Promise<readonly PersonalNotice[]> {
  return readMissedNotices(db, await listMissedPairs(db, NO_CONTACT, SEARCHED), now);
}

/** Reads the notices of events for users, as far as they are still of use. */
export async function readMissedNotices(db: Db, pairs: readonly MissedPair[], now: Date): Promise<readonly PersonalNotice[]> {
  const events = await readEvents(db, pairs.map(({ eventId }) => eventId));
  const notices = pairs.flatMap(({ eventId, userId }) => {
    const stored = events.get(eventId);
    const contract = noticed.find(({ type }) => type === stored?.eventType);
    if (stored === undefined || contract === undefined) return [];
    return noticesOf(contract.read(stored) as Noticed).filter((one) => one.userId === userId);
  });
  const fresh = notices.filter(({ notice: { expiresAt } }) => expiresAt === undefined || expiresAt > now);
  const outdated = await listOutdated(db, fresh.map(({ event: { eventId }, notice: { template } }) => ({ eventId, template: template.name })));
  return fresh.filter(({ event: { eventId } }) => !outdated.has(eventId));
}
