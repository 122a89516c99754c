import type { Db, Sql, Tx } from '../platform/postgres.ts';

/** A notification as its user sees it in the app. */
export interface InboxRow {
  readonly id: string;
  readonly template: string;
  readonly locale: string;
  readonly body: string | null;
  /** What the text was made of, for an app that shows more than text. */
  readonly payload: unknown;
  readonly createdAt: Date;
  readonly readAt: Date | null;
}

export interface InboxPage {
  readonly userId: string;
  readonly limit: number;
  /** The id that ended the page before. */
  readonly before: string | undefined;
}

/** What the user is shown: no text was ever made for what failed or was suppressed. */
const shown = (db: Db, userId: string) =>
  db`user_id = ${userId} and channel = 'inbox' and status not in ('failed', 'suppressed')`;

/** The user's notifications, newest first: their ids are UUIDv7. */
export async function listInbox(sql: Sql, { userId, limit, before }: InboxPage): Promise<InboxRow[]> {
  return sql<InboxRow[]>`
    select id, template, locale, body, payload, created_at as "createdAt", read_at as "readAt"
    from notification
    where ${shown(sql, userId)} ${before === undefined ? sql`` : sql`and id < ${before}`}
    order by id desc
    limit ${limit}
  `;
}

/** How many of the user's notifications are unread. */
export async function countUnread(db: Db, userId: string): Promise<number> {
  const [row] = await db<{ unread: number }[]>`
    select count(*)::integer as unread from notification where ${shown(db, userId)} and read_at is null
  `;
  return row?.unread ?? 0;
}

/** Marks those of the ids read that are the user's and unread; gives their number. */
export async function markRead(tx: Tx, userId: string, ids: readonly string[]): Promise<number> {
  const { count } = await tx`
    update notification
    set read_at = now(), status = 'read'
    where ${shown(tx, userId)} and read_at is null and id = any (${[...ids]}::uuid[])
  `;
  return count;
}

/** Marks a notification and all older ones read; undefined when it is not in the user's inbox. */
export async function markReadUpTo(tx: Tx, userId: string, id: string): Promise<number | undefined> {
  const [last] = await tx`select 1 from notification where id = ${id} and ${shown(tx, userId)}`;
  if (last === undefined) return undefined;
  const { count } = await tx`
    update notification
    set read_at = now(), status = 'read'
    where ${shown(tx, userId)} and read_at is null and id <= ${id}
  `;
  return count;
}
