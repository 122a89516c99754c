import { lowestId } from '../../outbox/partitions.ts';
import type { Db, Sql, Tx } from '../../platform/postgres.ts';
import { setDigest, setDigestOf } from '../../platform/set-digest.ts';
import { queueForResend, type Resend } from '../../notifications/send/queue-for-resend.ts';
import type { DueNotification } from '../../notifications/notifications.ts';

/** Which notifications an operator asks for; what is absent does not matter. */
export interface NotificationFilter {
  readonly id?: string | undefined;
  readonly status?: string | undefined;
  readonly channel?: string | undefined;
  readonly template?: string | undefined;
  readonly userId?: string | undefined;
  readonly tenantId?: string | undefined;
  readonly eventId?: string | undefined;
  /** First instant, inclusive, by the time in the notification's id. */
  readonly from?: Date | undefined;
  /** Last instant, exclusive. */
  readonly to?: Date | undefined;
}

/** A notification's facts and standing, without its text and variables: operators need no personal data. */
export interface NotificationView {
  readonly id: string;
  readonly eventId: string;
  readonly userId: string;
  readonly tenantId: string | null;
  readonly channel: string;
  readonly category: string | null;
  readonly template: string;
  readonly templateVersion: number;
  readonly locale: string;
  readonly status: string;
  readonly reason: string | null;
  readonly attempts: number;
  readonly createdAt: Date;
  /** Held until then. */
  readonly dueAt: Date | null;
  readonly expiresAt: Date | null;
  readonly sentAt: Date | null;
  readonly readAt: Date | null;
  readonly digestId: string | null;
}

const columns = (db: Db) => db`
  id, event_id as "eventId", user_id as "userId", tenant_id as "tenantId", channel, category, template,
  template_version as "templateVersion", locale, status, reason, attempts, created_at as "createdAt",
  due_at as "dueAt", expires_at as "expiresAt", sent_at as "sentAt", read_at as "readAt", digest_id as "digestId"
`;

interface NotificationPage {
  readonly filter: NotificationFilter;
  /** The id that ended the page before. */
  readonly before: string | undefined;
  readonly limit: number;
}

/** Notifications that fit the filter, newest first. */
export async function listNotifications(sql: Sql, { filter, before, limit }: NotificationPage): Promise<NotificationView[]> {
  return sql<NotificationView[]>`
    select ${columns(sql)} from notification
    where ${matches(sql, filter)} ${before === undefined ? sql`` : sql`and id < ${before}`}
    order by id desc
    limit ${limit}
  `;
}

const TROUBLE: ReadonlySet<string> = new Set(['failed', 'unknown', 'suppressed']); // has an index of its own

function matches(db: Db, { id, status, channel, template, userId, tenantId, eventId, from, to }: NotificationFilter) {
  return db`
    true
    ${id === undefined ? db`` : db`and id = ${id}`}
    ${status === undefined ? db`` : TROUBLE.has(status) ? db`and trouble = ${status}` : db`and status = ${status}`}
    ${channel === undefined ? db`` : db`and channel = ${channel}`}
    ${template === undefined ? db`` : db`and template = ${template}`}
    ${userId === undefined ? db`` : db`and user_id = ${userId}`}
    ${tenantId === undefined ? db`` : db`and tenant_id = ${tenantId}`}
    ${eventId === undefined ? db`` : db`and event_id = ${eventId}`}
    ${from === undefined ? db`` : db`and id >= ${lowestId(from)}`}
    ${to === undefined ? db`` : db`and id < ${lowestId(to)}`}
  `;
}

/** One step of what became of a notification: `at` a rule decided, an attempt began or ended, a provider reported. */
export interface Step {
  readonly userId: string;
  readonly channel: string;
  readonly at: Date;
  readonly kind: 'decision' | 'attempt' | 'receipt';
  /** `quiet hours held`, `2 sent`, `delivered`. */
  readonly what: string;
  readonly detail: string | null;
}

/** Everything on record of what was or was not told of one event, to one user or to all, oldest first. */
export async function readSteps(sql: Sql, eventId: string, userId?: string): Promise<Step[]> {
  const which = sql`event_id = ${eventId} ${userId === undefined ? sql`` : sql`and user_id = ${userId}`}`;
  return sql<Step[]>`
    select user_id as "userId", channel, decided_at as at, 'decision' as kind, rule || ' ' || verdict as what, detail
    from notification_decision where ${which}
    union all
    select user_id, channel, attempt.at, 'attempt', attempt.attempt || ' ' || attempt.outcome, attempt.detail
    from notification join notification_attempt attempt on attempt.notification_id = notification.id
    where ${which}
    union all
    select user_id, channel, receipt.occurred_at, 'receipt', receipt.status, receipt.detail
    from notification join notification_receipt receipt on receipt.notification_id = notification.id
    where ${which}
    order by at
  `;
}

/** A window in which something was gathered, and the event that told of it once it had closed. */
export interface DigestView {
  readonly id: string;
  readonly closesAt: Date;
  readonly closedAt: Date | null;
  readonly eventId: string | null;
}

/** Windows by id. */
export async function readDigests(sql: Sql, ids: readonly string[]): Promise<DigestView[]> {
  return sql<DigestView[]>`
    select id, closes_at as "closesAt", closed_at as "closedAt", event_id as "eventId" from digest
    where id = any(${[...ids]}::uuid[])
  `;
}

/** Stands from which a notification that leaves us begins anew when an operator asks; the inbox has nothing to send. */
const RESENDABLE = ['failed', 'unknown', 'sent', 'delivered'];

/** Whether it can be sent again. */
export const isResendable = ({ channel, status }: Pick<NotificationView, 'channel' | 'status'>): boolean =>
  channel !== 'inbox' && RESENDABLE.includes(status);

/** Queues one that has an end, for a new beginning; undefined when it is not there or still on its way. */
export async function queueAgain(tx: Tx, id: string, again: Resend): Promise<DueNotification | undefined> {
  const [row] = await queueForResend(tx, tx`id = ${id} and channel <> 'inbox' and status = any(${RESENDABLE})`, again);
  return row;
}

/** Notifications of a channel since a time that failed, or whose end nobody knows; they can be sent again. */
export interface Failed {
  readonly status: 'failed' | 'unknown';
  readonly channel: string;
  readonly template: string | undefined;
  readonly since: Date;
}

const failed = (db: Db, { status, channel, template, since }: Failed) => db`
  channel = ${channel} and trouble = ${status} and id >= ${lowestId(since)}
  ${template === undefined ? db`` : db`and template = ${template}`}
`;

/** The notifications that a recovery would act on. */
export interface FailedPreview {
  readonly count: number;
  /** Digest of the oldest ids, as many as one recovery sends. */
  readonly digest: string;
}

const AT_ONCE = 10_000; // in one transaction

const oldestFailed = (db: Db, which: Failed) =>
  db`select id from notification where ${failed(db, which)} order by id limit ${AT_ONCE}`;

/** Counts what has failed, with the digest of what one recovery would send. */
export async function previewFailed(db: Db, which: Failed): Promise<FailedPreview> {
  const [preview] = await db<[FailedPreview]>`
    select (select count(*)::integer from notification where ${failed(db, which)}) as count,
           ${setDigestOf(db, db`id::text`)} as digest
    from (${oldestFailed(db, which)}) as oldest
  `;
  return preview;
}

/** Queues the oldest of what has failed, for a new beginning. Returns them with the digest of their ids. */
export async function queueFailedAgain(tx: Tx, which: Failed, again: Resend) {
  const queued = await queueForResend(tx, tx`id in (${oldestFailed(tx, which)} for update skip locked)`, again);
  return { queued, digest: setDigest(queued.map(({ id }) => id)) };
}
