import { v7 as uuidv7 } from 'uuid';
import type { Db, Sql, Tx } from '../platform/postgres.ts';

/** A notification as it is decided, with all that its text will be made of. */
export interface NewNotification {
  readonly eventId: string;
  readonly userId: string;
  readonly tenantId: string | undefined;
  readonly channel: string;
  readonly category: string;
  readonly template: string;
  readonly templateVersion: number;
  readonly locale: string;
  readonly payload: unknown;
  readonly status: 'queued' | 'delivered' | 'failed' | 'suppressed';
  /** Why it failed, or is suppressed. */
  readonly reason?: string | undefined;
  /** The text in the inbox. */
  readonly body?: string | undefined;
  readonly expiresAt?: Date | undefined;
  readonly appointmentId?: string | undefined;
  /** The window that it is gathered in. */
  readonly digestId?: string | undefined;
}

/** Creates notifications; their ids come back in the given order. One that the event has already made is an error. */
export async function insertNotifications(
  tx: Tx,
  notifications: readonly NewNotification[],
): Promise<readonly string[]> {
  if (notifications.length === 0) return [];
  const ids = notifications.map(() => uuidv7());
  await tx`
    insert into notification (
      id, event_id, user_id, tenant_id, channel, category, template, template_version, locale, payload,
      status, reason, body, sent_at, expires_at, appointment_id, digest_id
    )
    select id, event_id, user_id, tenant_id, channel, category, template, template_version, locale, payload::jsonb,
           status, reason, body, case status when 'delivered' then now() end, expires_at, appointment_id, digest_id
    from unnest(
      ${ids}::uuid[],
      ${notifications.map(({ eventId }) => eventId)}::uuid[],
      ${notifications.map(({ userId }) => userId)}::uuid[],
      ${notifications.map(({ tenantId }) => tenantId ?? null)}::uuid[],
      ${notifications.map(({ channel }) => channel)}::text[],
      ${notifications.map(({ category }) => category)}::text[],
      ${notifications.map(({ template }) => template)}::text[],
      ${notifications.map(({ templateVersion }) => templateVersion)}::integer[],
      ${notifications.map(({ locale }) => locale)}::text[],
      ${notifications.map(({ payload }) => JSON.stringify(payload))}::text[],
      ${notifications.map(({ status }) => status)}::text[],
      ${notifications.map(({ reason }) => reason ?? null)}::text[],
      ${notifications.map(({ body }) => body ?? null)}::text[],
      ${notifications.map(({ expiresAt }) => expiresAt?.toISOString() ?? null)}::timestamptz[],
      ${notifications.map(({ appointmentId }) => appointmentId ?? null)}::uuid[],
      ${notifications.map(({ digestId }) => digestId ?? null)}::uuid[]
    ) as made (
      id, event_id, user_id, tenant_id, channel, category, template, template_version, locale, payload,
      status, reason, body, expires_at, appointment_id, digest_id
    )
  `;
  return ids;
}

/** Who has been told of which of the events by any channel, as `<event> <user>`. */
export async function listTold(tx: Tx, eventIds: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await tx<{ told: string }[]>`
    select distinct event_id || ' ' || user_id as told from notification where event_id = any (${[...eventIds]}::uuid[])
  `;
  return new Set(rows.map(({ told }) => told));
}

/** Notifications that are searched for a template's last ones. */
const SEARCHED = 20_000;

/** What the last notifications of a template on a channel were made of, newest first, among the newest there are. */
export async function listPayloads(
  sql: Sql,
  { template, channel, limit }: { readonly template: string; readonly channel: string; readonly limit: number },
): Promise<readonly { readonly id: string; readonly payload: unknown }[]> {
  return sql<{ id: string; payload: unknown }[]>`
    select id, payload
    from (select id, template, channel, payload from notification order by id desc limit ${SEARCHED}) newest
    where template = ${template} and channel = ${channel}
    order by id desc
    limit ${limit}
  `;
}

/** A notification that failed, as it would be told by another channel. */
export interface FailedNotification extends Omit<NewNotification, 'status' | 'reason' | 'body' | 'digestId'> {
  /** The channels by which the same is or was told. */
  readonly siblings: readonly string[];
}

/** Reads one that failed and has not been taken up again. */
export async function readFailed(tx: Tx, id: string): Promise<FailedNotification | undefined> {
  const [row] = await tx<(FailedNotification & { tenantId: string | null; expiresAt: Date | null; appointmentId: string | null })[]>`
    select event_id as "eventId", user_id as "userId", tenant_id as "tenantId", channel, category, template,
           template_version as "templateVersion", locale, payload, expires_at as "expiresAt",
           appointment_id as "appointmentId",
           array(
             select sibling.channel from notification sibling
             where sibling.event_id = notification.event_id and sibling.user_id = notification.user_id
               and sibling.template = notification.template
           ) as siblings
    from notification
    where id = ${id} and status = 'failed'
    for update
  `;
  if (row === undefined) return undefined;
  const { tenantId, expiresAt, appointmentId } = row;
  return { ...row, tenantId: tenantId ?? undefined, expiresAt: expiresAt ?? undefined, appointmentId: appointmentId ?? undefined };
}

/** A notification that is asked for anew, and the event that it is told of. */
export interface DueNotification {
  readonly id: string;
  readonly eventId: string;
  readonly tenantId: string | null;
  readonly channel: string;
}

/** Takes up what waits no longer, oldest first. */
export async function releaseDue(tx: Tx, limit: number): Promise<readonly DueNotification[]> {
  return tx<DueNotification[]>`
    update notification set due_at = null
    where id in (
      select id from notification
      where due_at <= clock_timestamp()
      order by due_at limit ${limit} for update skip locked
    )
    returning id, event_id as "eventId", tenant_id as "tenantId", channel
  `;
}

/** Whose a notification is, and of what. */
export async function readNotification(
  db: Db,
  id: string,
): Promise<{ readonly userId: string; readonly category: string | null; readonly locale: string } | undefined> {
  const [row] = await db<{ userId: string; category: string | null; locale: string }[]>`
    select user_id as "userId", category, locale from notification where id = ${id}
  `;
  return row;
}
