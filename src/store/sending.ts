import type { Db, Sql, Tx } from '../platform/postgres.ts';
import { transaction } from '../platform/transaction.ts';
import { insertDecisions, type NewDecision } from './notification-decisions.ts';

/** A notification that this attempt, and no other, may send. */
export interface Sending {
  readonly id: string;
  readonly attempt: number;
  readonly userId: string;
  readonly template: string;
  readonly templateVersion: number;
  readonly locale: string;
  readonly payload: unknown;
  /** Earlier attempts that ended without the provider's yes. */
  readonly refusals: number;
  /** Whether nobody knows what became of one of them. */
  readonly isDoubtful: boolean;
}

/** What decides whether it leaves now. */
export interface SendingRow extends Sending {
  readonly now: Date;
  readonly expiresAt: Date | null;
  readonly visit: { readonly stands: boolean; readonly startsAt: Date } | undefined;
  readonly quietHours: { readonly timeZone: string; readonly from: string; readonly until: string } | undefined;
  /** When the user may be sent something by the channel again; undefined when they may. */
  readonly throttledUntil: Date | undefined;
}

type Decided = Pick<NewDecision, 'rule' | 'verdict' | 'detail'>;

/** What becomes of it now: `held` is asked for again then, `suppressed` never leaves. */
export type Leave =
  | { readonly verdict: 'send'; readonly decision?: Decided }
  | { readonly verdict: 'held'; readonly until: Date; readonly decision: Decided }
  | { readonly verdict: 'suppressed'; readonly decision: Decided };

export type SendingClaim =
  | { readonly state: 'mine'; readonly sending: Sending }
  /** Sent, failed, held or suppressed: nothing is left to do. */
  | { readonly state: 'settled' }
  /** Another attempt may still be under way. */
  | { readonly state: 'busy'; readonly forMs: number };

export interface ClaimOptions {
  readonly leaseMs: number;
  /** Attempts an hour that one user gets by one channel. */
  readonly perHour: number;
  resendUnknown(template: string): boolean;
  mayLeave(row: SendingRow): Leave;
}

const UNREPORTED = 'never reported back';

interface ClaimRow extends Omit<SendingRow, 'visit' | 'quietHours' | 'throttledUntil'> {
  readonly eventId: string;
  readonly channel: string;
  readonly status: string;
  readonly remainingMs: number;
  readonly visitStands: boolean | null;
  readonly visitStartsAt: Date | null;
  readonly timeZone: string | null;
  readonly quietFrom: string | null;
  readonly quietUntil: string | null;
  readonly throttledUntil: Date | null;
}

/**
 * Commits that an attempt begins, before the provider is called, unless the notification is to wait or to stay. An
 * earlier attempt that never reported back is put on record as `unknown`; whether it is then tried again is the
 * template's policy.
 */
export function beginSending(sql: Sql, id: string, options: ClaimOptions): Promise<SendingClaim> {
  return transaction(sql, async (tx): Promise<SendingClaim> => {
    const row = await lockForSending(tx, id, options.perHour);
    if (row === undefined || !['queued', 'sending', 'unknown'].includes(row.status)) return { state: 'settled' };
    const { status, remainingMs, attempt } = row;
    if (status === 'sending' && remainingMs > 0) return { state: 'busy', forMs: Math.ceil(remainingMs) };
    const isLost = status === 'sending';
    if (isLost) await recordAttempt(tx, { id, attempt: attempt - 1, outcome: 'unknown', detail: UNREPORTED });
    if (status !== 'queued' && !options.resendUnknown(row.template)) {
      await tx`
        update notification
        set status = 'unknown', sending_until = null, reason = coalesce(reason, ${UNREPORTED})
        where id = ${id}
      `;
      return { state: 'settled' };
    }
    const leave = options.mayLeave(toSendingRow(row));
    if (leave.decision) {
      const { eventId, userId, channel } = row;
      await insertDecisions(tx, [{ eventId, userId, channel, ...leave.decision }]);
    }
    if (leave.verdict !== 'send') {
      const { rule, detail } = leave.decision;
      await tx`
        update notification
        set status        = ${leave.verdict === 'held' ? 'queued' : 'suppressed'},
            due_at        = ${leave.verdict === 'held' ? leave.until : null},
            reason        = ${`${rule}: ${detail ?? ''}`},
            sending_until = null
        where id = ${id}
      `;
      return { state: 'settled' };
    }
    const refusals = row.refusals + (isLost ? 1 : 0);
    await tx`
      update notification
      set status = 'sending', attempts = ${attempt}, refusals = ${refusals}, reason = null, due_at = null,
          attempted_at  = clock_timestamp(),
          sending_until = clock_timestamp() + ${options.leaseMs} * interval '1 millisecond'
      where id = ${id}
    `;
    await recordAttempt(tx, { id, attempt, outcome: 'sending' });
    return { state: 'mine', sending: { ...row, refusals, isDoubtful: row.isDoubtful || isLost } };
  });
}

/** The row, ours until the transaction ends; no other of the user's by the channel is claimed meanwhile. */
async function lockForSending(tx: Tx, id: string, perHour: number): Promise<ClaimRow | undefined> {
  await tx`
    select pg_advisory_xact_lock(hashtextextended(user_id::text || channel, 0)) from notification where id = ${id}
  `;
  const [row] = await tx<ClaimRow[]>`
    select n.id, n.event_id as "eventId", n.user_id as "userId", n.channel, n.attempts + 1 as attempt, n.refusals,
           n.template, n.template_version as "templateVersion", n.locale, n.payload, n.status,
           coalesce(extract(epoch from n.sending_until - clock_timestamp()) * 1000, 0)::float8 as "remainingMs",
           clock_timestamp() as now, n.expires_at as "expiresAt",
           visit.status = 'scheduled' as "visitStands", visit.starts_at as "visitStartsAt",
           setting.time_zone as "timeZone",
           to_char(setting.quiet_from, 'HH24:MI') as "quietFrom", to_char(setting.quiet_until, 'HH24:MI') as "quietUntil",
           (
             select lately.attempted_at + interval '1 hour' from notification lately
             where lately.user_id = n.user_id and lately.channel = n.channel and lately.id <> n.id
               and lately.attempted_at > clock_timestamp() - interval '1 hour'
             order by lately.attempted_at desc offset ${perHour - 1} limit 1
           ) as "throttledUntil",
           exists (
             select from notification_attempt tried where tried.notification_id = n.id and tried.outcome = 'unknown'
           ) as "isDoubtful"
    from notification n
    left join notification_setting setting on setting.user_id = n.user_id
    left join appointment visit on visit.id = n.appointment_id
    where n.id = ${id}
    for update of n
  `;
  return row;
}

function toSendingRow(row: ClaimRow): SendingRow {
  const { visitStands, visitStartsAt, timeZone, quietFrom, quietUntil, throttledUntil } = row;
  return {
    ...row,
    visit: visitStands === null || visitStartsAt === null ? undefined : { stands: visitStands, startsAt: visitStartsAt },
    quietHours: timeZone && quietFrom && quietUntil ? { timeZone, from: quietFrom, until: quietUntil } : undefined,
    throttledUntil: throttledUntil ?? undefined,
  };
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
 * unknown follows a late success only: nobody would try it again. Says whether the notification followed.
 */
export async function endSending(db: Db, { id, attempt }: Sending, end: SendingEnd): Promise<boolean> {
  const { outcome, status, detail, providerId } = end;
  await recordAttempt(db, { id, attempt, outcome, detail });
  const { count } = await db`
    update notification
    set status        = ${status},
        reason        = ${status === 'sent' ? null : (detail ?? null)},
        refusals      = refusals + ${outcome === 'rejected' || outcome === 'unknown' ? 1 : 0},
        sending_until = null,
        provider_id   = coalesce(${providerId ?? null}, provider_id),
        sent_at       = case ${status} when 'sent' then clock_timestamp() else sent_at end
    where id = ${id} and attempts = ${attempt}
      and (status = 'sending' or (status = 'unknown' and ${status}::text = 'sent'))
  `;
  return count > 0;
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
