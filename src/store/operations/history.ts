import { lowestId } from '../../outbox/partitions.ts';
import type { Db } from '../../platform/postgres.ts';

/** Days for which what happened can be looked up: a year, and a month to ask about it. */
export const HISTORY_DAYS = 400;
/** Days for which an invitation or a request to confirm an address is kept once it has ended. */
export const REQUEST_DAYS = 30;

const DAY_MS = 86_400_000;

/** Rows that are forgotten when they are old; children come before what they point at. */
export const forgottenTables = [
  { table: 'notification_attempt', daysKept: HISTORY_DAYS, isOld: ofTime('notification_id') },
  { table: 'notification_receipt', daysKept: HISTORY_DAYS, isOld: ofTime('notification_id') },
  { table: 'notification_decision', daysKept: HISTORY_DAYS, isOld: ofTime('event_id') },
  { table: 'notification', daysKept: HISTORY_DAYS, isOld: ofTime('id') },
  // Its last notifications come a little later than the digest itself.
  { table: 'digest', daysKept: HISTORY_DAYS + 7, isOld: ofTime('id') },
  { table: 'listing_visit', daysKept: HISTORY_DAYS, isOld: (db: Db, before: Date) => db`at < ${before}` },
  { table: 'dead_letter', daysKept: HISTORY_DAYS, isOld: (db: Db, before: Date) => db`resolved_at < ${before}` },
  { table: 'early_refund', daysKept: HISTORY_DAYS, isOld: (db: Db, before: Date) => db`raised_at < ${before}` },
  { table: 'contact_confirmation', daysKept: REQUEST_DAYS, isOld: (db: Db, before: Date) => db`expires_at < ${before}` },
  { table: 'member_invitation', daysKept: REQUEST_DAYS, isOld: (db: Db, before: Date) => db`expires_at < ${before}` },
] as const;

export type ForgottenTable = (typeof forgottenTables)[number];

/** Makes the condition that a UUIDv7 is older than a time. */
function ofTime(column: string) {
  return (db: Db, before: Date) => db`${db(column)} < ${lowestId(before)}`;
}

/** Deletes up to `limit` old rows of a table; returns their number. */
export async function forgetRows(db: Db, { table, daysKept, isOld }: ForgottenTable, { now, limit }: { readonly now: Date; readonly limit: number }): Promise<number> {
  const before = new Date(now.getTime() - daysKept * DAY_MS);
  const { count } = await db`
    delete from ${db(table)} where ctid = any (array(select ctid from ${db(table)} where ${isOld(db, before)} limit ${limit}))
  `;
  return count;
}
