import { v7 as uuidv7 } from 'uuid';
import type { Db, Sql, Tx } from '../platform/postgres.ts';
import { transaction } from '../platform/transaction.ts';

/** A notification as it is decided, with all that its text will be made of. */
export interface NewNotification {
  readonly eventId: string;
  readonly userId: string;
  readonly tenantId: string | undefined;
  readonly channel: string;
  readonly template: string;
  readonly templateVersion: number;
  readonly locale: string;
  readonly payload: unknown;
  readonly status: 'queued' | 'delivered' | 'failed';
  /** Why it failed. */
  readonly reason?: string | undefined;
  /** The text in the inbox. */
  readonly body?: string | undefined;
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
      id, event_id, user_id, tenant_id, channel, template, template_version, locale, payload,
      status, reason, body, sent_at
    )
    select id, event_id, user_id, tenant_id, channel, template, template_version, locale, payload::jsonb,
           status, reason, body, case status when 'delivered' then now() end
    from unnest(
      ${ids}::uuid[],
      ${notifications.map(({ eventId }) => eventId)}::uuid[],
      ${notifications.map(({ userId }) => userId)}::uuid[],
      ${notifications.map(({ tenantId }) => tenantId ?? null)}::uuid[],
      ${notifications.map(({ channel }) => channel)}::text[],
      ${notifications.map(({ template }) => template)}::text[],
      ${notifications.map(({ templateVersion }) => templateVersion)}::integer[],
      ${notifications.map(({ locale }) => locale)}::text[],
      ${notifications.map(({ payload }) => JSON.stringify(payload))}::text[],
      ${notifications.map(({ status }) => status)}::text[],
      ${notifications.map(({ reason }) => reason ?? null)}::text[],
      ${notifications.map(({ body }) => body ?? null)}::text[]
    ) as made (
      id, event_id, user_id, tenant_id, channel, template, template_version, locale, payload, status, reason, body
    )
  `;
  return ids;
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

/** A notification that this attempt, and no other, may send. */
export interface Sending {
  readonly id: string;
  readonly attempt: number;
  readonly userId: string;
  readonly template: string;
  readonly templateVersion: number;
  readonly locale: string;
  readonly payload: unknown;
}

export type SendingClaim =
  | { readonly state: 'mine'; readonly sending: Sending }
  /** Sent, failed or held: nothing is left to do. */
  | { readonly state: 'settled' }
  /** Another attempt may still be under way. */
  | { readonly state: 'busy'; readonly forMs: number };

const UNREPORTED = 'never reported back';

interface ClaimRow extends Sending {
  readonly status: string;
  readonly remainingMs: number;
}

/**
 * Commits that an attempt begins, before the provider is called. An earlier attempt that never reported back is put on
 * record as `unknown`; whether it is then tried again is the template's policy.
 */
export function beginSending(
  sql: Sql,
  id: string,
  { leaseMs, resendUnknown }: { readonly leaseMs: number; readonly resendUnknown: (template: string) => boolean },
): Promise<SendingClaim> {
  return transaction(sql, async (tx): Promise<SendingClaim> => {
    const [row] = await tx<ClaimRow[]>`
      select id, attempts + 1 as attempt, user_id as "userId", template, template_version as "templateVersion",
             locale, payload, status,
             coalesce(extract(epoch from sending_until - clock_timestamp()) * 1000, 0)::float8 as "remainingMs"
      from notification where id = ${id} for update
    `;
    if (row === undefined || !['queued', 'sending', 'unknown'].includes(row.status)) return { state: 'settled' };
    const { status, remainingMs, ...sending } = row;
    if (status === 'sending' && remainingMs > 0) return { state: 'busy', forMs: Math.ceil(remainingMs) };
    if (status === 'sending') {
      await recordAttempt(tx, { id, attempt: row.attempt - 1, outcome: 'unknown', detail: UNREPORTED });
    }
    if (status !== 'queued' && !resendUnknown(row.template)) {
      await tx`
        update notification
        set status = 'unknown', sending_until = null, reason = coalesce(reason, ${UNREPORTED})
        where id = ${id}
      `;
      return { state: 'settled' };
    }
    await tx`
      update notification
      set status = 'sending', attempts = ${row.attempt}, reason = null,
          sending_until = clock_timestamp() + ${leaseMs} * interval '1 millisecond'
      where id = ${id}
    `;
    await recordAttempt(tx, { id, attempt: row.attempt, outcome: 'sending' });
    return { state: 'mine', sending };
  });
}

/** How an attempt ended, and what that makes of the notification. */
export interface SendingEnd {
  readonly outcome: 'sent' | 'rejected' | 'limited' | 'unreachable' | 'unknown';
  readonly status: 'sent' | 'failed' | 'queued' | 'unknown';
  readonly detail?: string | undefined;
  readonly providerId?: string | undefined;
}

/**
 * Puts an attempt's end on record; the notification follows it only if no later attempt has begun. One that was held as
 * unknown follows a late success only: nobody would try it again.
 */
export function endSending(sql: Sql, { id, attempt }: Sending, end: SendingEnd): Promise<void> {
  const { outcome, status, detail, providerId } = end;
  return transaction(sql, async (tx) => {
    await recordAttempt(tx, { id, attempt, outcome, detail });
    await tx`
      update notification
      set status        = ${status},
          reason        = ${status === 'sent' ? null : (detail ?? null)},
          sending_until = null,
          provider_id   = coalesce(${providerId ?? null}, provider_id),
          sent_at       = case ${status} when 'sent' then clock_timestamp() else sent_at end
      where id = ${id} and attempts = ${attempt}
        and (status = 'sending' or (status = 'unknown' and ${status}::text = 'sent'))
    `;
  });
}

interface Attempt {
  readonly id: string;
  readonly attempt: number;
  readonly outcome: string;
  readonly detail?: string | undefined;
}

async function recordAttempt(db: Db, { id, attempt, outcome, detail }: Attempt): Promise<void> {
  await db`
    insert into notification_attempt (notification_id, attempt, outcome, detail)
    values (${id}, ${attempt}, ${outcome}, ${detail ?? null})
    on conflict do nothing
  `;
}
