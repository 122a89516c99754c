import { RetryLater } from '../../events/contract/errors.ts';
import { Unavailable } from '../../platform/unavailable.ts';
import type { SendingEnd } from './end-sending.ts';
import type { Sending } from './sending.ts';
import type { Outcome } from '../channels/channel.ts';

/** What decides how an attempt ends, beside its outcome. */
export interface AttemptFacts
  extends Pick<Sending, 'attempt' | 'refusals' | 'isDoubtful' | 'now' | 'expiresAt' | 'deferrals' | 'deferredSince'> {
  readonly channel: string;
  /** True where the template's policy sends a message again whose end is unknown. */
  readonly resendsUnknown: boolean;
  /** Milliseconds from the first deferral until the notification is given up. */
  readonly longestWaitMs: number;
}

/** What an attempt makes of its notification, and the error that its delivery has failed with. */
export interface AttemptEnd {
  readonly end: SendingEnd;
  readonly error?: Error;
}

const MOST_UNKNOWN = 8; // below the consumer's attempts: each of them may have been delivered

/**
 * Ends an attempt. Only a refusal of this recipient or this message ends the notification, unless nobody knows the end
 * of an earlier attempt. A recipient that is put off waits by itself. Everything else holds the channel.
 */
export function endOfAttempt(outcome: Outcome, facts: AttemptFacts): AttemptEnd {
  switch (outcome.outcome) {
    case 'sent':
      return { end: { outcome: 'sent', status: 'sent', providerId: outcome.providerId } };
    case 'rejected':
      return { end: { outcome: 'rejected', status: endedStatus(facts), detail: outcome.reason } };
    case 'deferred':
      return defer(outcome, facts);
    case 'limited':
    case 'unavailable':
    case 'unauthorized':
    case 'unreachable':
      return outcome.isOneOfMany === true ? defer(outcome, facts) : hold(outcome, facts);
    case 'unknown':
      return endUnknown(outcome, facts);
  }
}

const endedStatus = ({ isDoubtful }: AttemptFacts) => (isDoubtful ? 'unknown' : 'failed');

const FIRST_HOLD_MS = 500;
const LONGEST_HOLD_MS = 60_000; // so soon after an outage everything has left

type ProviderOutage = Extract<Outcome, { readonly outcome: 'limited' | 'unavailable' | 'unauthorized' | 'unreachable' }>;

/** Holds the channel. A notification that meets one outage after another waits longer: it may be what causes them. */
function hold({ outcome, reason, retryAfterMs }: ProviderOutage, { channel, attempt }: AttemptFacts): AttemptEnd {
  const waitMs = Math.min(FIRST_HOLD_MS * 2 ** (attempt - 1), LONGEST_HOLD_MS);
  const error = new Unavailable(`${channel}: ${reason}`, { forMs: retryAfterMs, waitMs, isAccount: outcome === 'unauthorized' });
  return { end: { outcome, status: 'queued', detail: reason }, error };
}

function endUnknown({ reason, isHeld }: Extract<Outcome, { outcome: 'unknown' }>, facts: AttemptFacts): AttemptEnd {
  const isQueued = facts.resendsUnknown && facts.refusals + 1 < MOST_UNKNOWN;
  const end: SendingEnd = { outcome: 'unknown', status: isQueued ? 'queued' : 'unknown', detail: reason };
  if (!isQueued) return { end };
  const why = `${facts.channel} not accepted: ${reason}`;
  return { end, error: isHeld === true ? new Unavailable(why) : new Error(why) };
}

const FIRST_MS = 60_000;
const FIRST_ASKED_MS = 1_000; // where the provider names a time, or is one of many: its outages are short, too
const LONGEST_MS = 4 * 3_600_000;
const LAST_TRY_MS = 30_000; // before the deadline, so that the last try is not too late

/** Lets a notification wait by itself, longer each time, until its deadline. Then it has failed. */
function defer(
  outcome: Extract<Outcome, { readonly outcome: 'deferred' }> | ProviderOutage,
  facts: AttemptFacts,
): AttemptEnd {
  const { reason, retryAfterMs } = outcome;
  const { now, deferrals, deferredSince, expiresAt, longestWaitMs } = facts;
  const since = deferredSince ?? now;
  const givenUpAt = Math.min(since.getTime() + longestWaitMs, expiresAt?.getTime() ?? Infinity);
  const leftMs = givenUpAt - now.getTime() - LAST_TRY_MS;
  if (leftMs <= 0) {
    const detail = `${reason}, since ${since.toISOString()}`;
    return { end: { outcome: outcome.outcome, status: endedStatus(facts), detail } };
  }
  const isShort = retryAfterMs !== undefined || outcome.outcome !== 'deferred';
  const grownMs = Math.min((isShort ? FIRST_ASKED_MS : FIRST_MS) * 2 ** deferrals, LONGEST_MS);
  const delayMs = Math.min(Math.max(retryAfterMs ?? 0, spread(grownMs)), leftMs);
  const end: SendingEnd = { outcome: outcome.outcome, status: 'queued', detail: reason, isDeferred: true };
  return { end, error: new RetryLater(Math.round(delayMs), `${facts.channel}: ${reason}`) };
}

/** Spreads a wait over ±25 %, so that what was put off together does not come back together. */
const spread = (ms: number): number => ms * (0.75 + Math.random() / 2);
