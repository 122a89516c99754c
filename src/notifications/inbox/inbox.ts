import type { Db, Sql, Tx } from '../../platform/postgres.ts';

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

/** The user's notifications with ids after `after`, oldest first. */
export async function listInboxAfter(
  sql: Sql,
  { userId, after, limit }: { readonly userId: string; readonly after: string; readonly limit: number },
): Promise<InboxRow[]> {
  return sql<InboxRow[]>`
    select id, template, locale, body, payload, created_at as "createdAt", read_at as "readAt"
    from notification
    where ${shown(sql, userId)} and id > ${after}
    order by id
    limit ${limit}
  `;
}

/** The newest ids in the user's inbox, newest first, and when something in it was last read. */
export async function readInboxEnd(
  sql: Sql,
  userId: string,
  limit: number,
): Promise<{ readonly ids: readonly string[]; readonly lastReadAt: Date | null }> {
  const [end] = await sql<{ ids: string[]; lastReadAt: Date | null }[]>`
    select coalesce((
             select json_agg(id order by id desc)
             from (select id from notification where ${shown(sql, userId)} order by id desc limit ${limit}) newest
           ), '[]') as ids,
           (select max(read_at) from notification where ${shown(sql, userId)} and read_at is not null) as "lastReadAt"
  `;
  return end ?? { ids: [], lastReadAt: null };
}

/** What was marked read at one time. */
export interface ReadMark {
  readonly readAt: Date;
  readonly count: number;
  /** Null for more than `MOST_READ_IDS`: only an «up to» marks so many. */
  readonly ids: readonly string[] | null;
  /** The newest of them. */
  readonly upTo: string;
}

const MOST_READ_IDS = 500;

/** What the user has read since then, oldest first. */
export async function listReadMarks(
  sql: Sql,
  { userId, since, limit }: { readonly userId: string; readonly since: Date; readonly limit: number },
): Promise<ReadMark[]> {
  return sql<ReadMark[]>`
    select read_at as "readAt", count(*)::integer as count,
           case when count(*) <= ${MOST_READ_IDS} then json_agg(id order by id) end as ids,
           (array_agg(id order by id desc))[1] as "upTo"
    from notification
    where ${shown(sql, userId)} and read_at is not null and read_at > ${since}
    group by read_at
    order by read_at
    limit ${limit}
  `;
}

/** Those of the users whose inbox may have changed since then: by the ids' own time, and by what was read. */
export async function usersWithNews(
  sql: Sql,
  { userIds, after, since }: { readonly userIds: readonly string[]; readonly after: string; readonly since: Date },
): Promise<readonly string[]> {
  const rows = await sql<{ userId: string }[]>`
    select user_id as "userId"
    from unnest(${[...userIds]}::uuid[]) as open (user_id)
    where exists (
      select from notification made
      where made.user_id = open.user_id and made.channel = 'inbox' and made.id > ${after}
    ) or exists (
      select from notification done
      where done.user_id = open.user_id and done.channel = 'inbox' and done.read_at is not null
        and done.read_at > ${since}
    )
  `;
  return rows.map(({ userId }) => userId);
}
