import { lowestId } from '../../outbox/partitions.ts';
import type { Tx } from '../../platform/postgres.ts';
import { type AttemptStep, recordAttempts } from './notification-attempts.ts';
import { insertDecisions, type NewDecision } from '../decide/notification-decisions.ts';
import { outdated } from './outdated.ts';

/** A notification that this attempt, and no other, may send. */
export interface Sending {
  readonly id: string;
  readonly attempt: number;
  readonly userId: string;
  readonly template: string;
  readonly templateVersion: number;
  readonly locale: string;
  readonly payload: unknown;
  /** Earlier attempts whose end nobody knows. */
  readonly refusals: number;
  /** Whether nobody knows what became of one of them. */
  readonly isDoubtful: boolean;
  /** When this attempt began, by the database's clock. */
  readonly now: Date;
  readonly expiresAt: Date | null;
  /** Attempts that the provider put off, and since when; null when there is none. */
  readonly deferrals: number;
  readonly deferredSince: Date | null;
}

/** What decides whether it leaves now. */
export interface SendingRow extends Sending {
  readonly visit: { readonly stands: boolean; readonly startsAt: Date } | undefined;
  /** The reason why what it tells is no longer true; null while it is. */
  readonly outdated: string | null;
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
  /** Attempts an hour that one user gets by one channel; 0 for any number. */
  readonly perHour: number;
  resendUnknown(template: string): boolean;
  mayLeave(row: SendingRow): Leave;
}

const UNREPORTED = 'never reported back';
const HOUR_MS = 3_600_000;
const OLDEST_ATTEMPTED_MS = 8 * 24 * HOUR_MS; // no notification waits that long

interface ClaimRow extends Omit<SendingRow, 'visit' | 'quietHours' | 'throttledUntil'> {
  readonly eventId: string;
  readonly channel: string;
  readonly status: string;
  readonly reason: string | null;
  readonly remainingMs: number;
  readonly visitStands: boolean | null;
  readonly visitStartsAt: Date | null;
  readonly timeZone: string | null;
  readonly quietFrom: string | null;
  readonly quietUntil: string | null;
  /** The user's attempts by the channel within the hour, newest first. */
  readonly lately: readonly Date[];
}

/**
 * Begins attempts: once the transaction has committed, each notification that is `mine` may be handed to its provider,
 * by nobody else. An earlier attempt that never reported back is put on record as `unknown`; whether it is then tried
 * again is the template's policy. What is to wait or to stay is written down as that.
 */
export async function beginSending(tx: Tx, ids: readonly string[], options: ClaimOptions): Promise<Map<string, SendingClaim>> {
  const claims = new Map<string, SendingClaim>();
  const [lost, decisions, changes]: [AttemptStep[], NewDecision[], Change[]] = [[], [], []];
  const pace = paceOf(options.perHour);
  for (const row of await lockForSending(tx, ids, options.perHour)) {
    const { id, status, remainingMs, attempt, eventId, userId, channel } = row;
    claims.set(id, { state: 'settled' });
    if (status === 'sending' && remainingMs > 0) claims.set(id, { state: 'busy', forMs: Math.ceil(remainingMs) });
    if (!['queued', 'unknown'].includes(status) && !(status === 'sending' && remainingMs <= 0)) continue;
    const isLost = status === 'sending';
    if (isLost) lost.push({ id, attempt: attempt - 1, outcome: 'unknown', detail: UNREPORTED });
    if (status !== 'queued' && !options.resendUnknown(row.template)) {
      changes.push({ id, status: 'unknown', reason: row.reason ?? UNREPORTED });
      continue;
    }
    const leave = options.mayLeave({ ...toSendingRow(row), throttledUntil: pace.freeAt(row) });
    if (leave.decision) decisions.push({ eventId, userId, channel, ...leave.decision });
    if (leave.verdict !== 'send') {
      const { rule, detail } = leave.decision;
      const dueAt = leave.verdict === 'held' ? leave.until : undefined;
      changes.push({ id, status: leave.verdict === 'held' ? 'queued' : 'suppressed', reason: `${rule}: ${detail ?? ''}`, dueAt });
      continue;
    }
    pace.take(row);
    const refusals = row.refusals + (isLost ? 1 : 0);
    changes.push({ id, status: 'sending', attempt, refusals });
    claims.set(id, { state: 'mine', sending: { ...row, refusals, isDoubtful: row.isDoubtful || isLost } });
  }
  await insertDecisions(tx, decisions);
  await recordAttempts(tx, lost);
  await change(tx, changes, options.leaseMs);
  return claims;
}

/** The rows, ours until the transaction ends; no other of their users by their channels is claimed meanwhile. */
async function lockForSending(tx: Tx, ids: readonly string[], perHour: number): Promise<readonly ClaimRow[]> {
  if (perHour > 0) {
    await tx`
      select pg_advisory_xact_lock(hashtextextended(user_id::text || channel, 0))
      from (select distinct user_id, channel from notification where id = any(${[...ids]}::uuid[]) order by 1, 2) as pair
    `;
  }
  const lately = tx`
    array(
      select lately.attempted_at from notification lately
      where lately.user_id = n.user_id and lately.channel = n.channel and lately.id <> n.id
        and lately.id >= ${lowestId(new Date(Date.now() - OLDEST_ATTEMPTED_MS))}
        and lately.attempted_at > clock_timestamp() - interval '1 hour'
      order by lately.attempted_at desc limit ${perHour}
    )
  `;
  return tx<ClaimRow[]>`
    select n.id, n.event_id as "eventId", n.user_id as "userId", n.channel, n.attempts + 1 as attempt, n.refusals,
           n.template, n.template_version as "templateVersion", n.locale, n.payload, n.status, n.reason,
           coalesce(extract(epoch from n.sending_until - clock_timestamp()) * 1000, 0)::float8 as "remainingMs",
           clock_timestamp() as now, n.expires_at as "expiresAt",
           n.deferrals, n.deferred_since as "deferredSince",
           ${outdated(tx)} as outdated,
           visit.status = 'scheduled' as "visitStands", visit.starts_at as "visitStartsAt",
           setting.time_zone as "timeZone",
           to_char(setting.quiet_from, 'HH24:MI') as "quietFrom", to_char(setting.quiet_until, 'HH24:MI') as "quietUntil",
           ${perHour > 0 ? tx`to_json(${lately})` : tx`'[]'::json`} as lately,
           n.attempts > 0 and exists (
             select from notification_attempt tried where tried.notification_id = n.id and tried.outcome = 'unknown'
           ) as "isDoubtful"
    from notification n
    left join notification_setting setting on setting.user_id = n.user_id
    left join appointment visit on visit.id = n.appointment_id
    where n.id = any(${[...ids].sort()}::uuid[])
    order by n.id
    for update of n
  `;
}

function toSendingRow(row: ClaimRow): Omit<SendingRow, 'throttledUntil'> {
  const { visitStands, visitStartsAt, timeZone, quietFrom, quietUntil } = row;
  return {
    ...row,
    visit: visitStands === null || visitStartsAt === null ? undefined : { stands: visitStands, startsAt: visitStartsAt },
    quietHours: timeZone && quietFrom && quietUntil ? { timeZone, from: quietFrom, until: quietUntil } : undefined,
  };
}

/** Counts what leaves in this transaction on top of what left before it. */
function paceOf(perHour: number) {
  const taken = new Map<string, number>();
  const key = ({ userId, channel }: ClaimRow) => `${userId} ${channel}`;
  return {
    freeAt(row: ClaimRow): Date | undefined {
      const mates = taken.get(key(row)) ?? 0;
      if (perHour === 0 || row.lately.length + mates < perHour) return undefined;
      const first = row.lately[perHour - 1 - mates];
      return new Date((first === undefined ? row.now : new Date(first)).getTime() + HOUR_MS);
    },
    take: (row: ClaimRow) => void taken.set(key(row), (taken.get(key(row)) ?? 0) + 1),
  };
}

/** What a claim makes of a notification. */
interface Change {
  readonly id: string;
  readonly status: 'sending' | 'queued' | 'suppressed' | 'unknown';
  readonly reason?: string;
  readonly dueAt?: Date | undefined;
  /** Set when an attempt begins. */
  readonly attempt?: number;
  readonly refusals?: number;
}

/** Writes changes down; an attempt that begins is put on record with them. */
async function change(tx: Tx, changes: readonly Change[], leaseMs: number): Promise<void> {
  if (changes.length === 0) return;
  await tx`
    with made (id, status, reason, due_at, attempt, refusals) as (
      select * from unnest(
        ${changes.map(({ id }) => id)}::uuid[],
        ${changes.map(({ status }) => status)}::text[],
        ${changes.map(({ reason }) => reason ?? null)}::text[],
        ${changes.map(({ dueAt }) => dueAt?.toISOString() ?? null)}::timestamptz[],
        ${changes.map(({ attempt }) => attempt ?? null)}::integer[],
        ${changes.map(({ refusals }) => refusals ?? null)}::integer[]
      )
    ), recorded as (
      insert into notification_attempt (notification_id, attempt, outcome)
      select id, attempt, 'sending' from made where attempt is not null
      on conflict do nothing
    )
    update notification
    set status        = made.status,
        reason        = made.reason,
        due_at        = made.due_at,
        attempts      = coalesce(made.attempt, attempts),
        refusals      = coalesce(made.refusals, notification.refusals),
        attempted_at  = case when made.attempt is null then attempted_at else clock_timestamp() end,
        sending_until = case when made.attempt is not null then clock_timestamp() + ${leaseMs} * interval '1 millisecond' end
    from made
    where notification.id = made.id
  `;
}
