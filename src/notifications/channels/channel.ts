import type { Answer } from '../../platform/answers/answer.ts';
import type { Capacity } from '../../platform/capacity.ts';
import { pauseMs } from '../../platform/post.ts';
import type { Reader } from '../templates/template-contract.ts';

/** A provider that takes nothing of ours now, and the time until it wants to be asked again, where it named one. */
interface NotNow {
  readonly reason: string;
  readonly retryAfterMs?: number | undefined;
  /** The provider is one of many that the addresses name: the others go on. */
  readonly isOneOfMany?: boolean;
}

/**
 * The end of an attempt; no reason holds an address or a token.
 * - `sent`: the provider took it.
 * - `rejected`: the provider, or we before it, refused this message for good; `gone`: its address is nobody's any more.
 * - `deferred`: the provider takes nothing for this recipient now, or not this message.
 * - `limited`: it takes no more of us now.
 * - `unavailable`: it can serve nobody now.
 * - `unauthorized`: it refuses our account (credentials, rights, sender, payment); an operator has to act.
 * - `unreachable`: there was no connection, through no fault of this message or its address.
 * - `unknown`: the message had begun to leave and no answer came: it may or may not be delivered.
 */
export type Outcome =
  | { readonly outcome: 'sent'; readonly providerId: string }
  | { readonly outcome: 'rejected'; readonly reason: string; readonly gone?: boolean }
  | { readonly outcome: 'deferred'; readonly reason: string; readonly retryAfterMs?: number | undefined }
  | (NotNow & { readonly outcome: 'limited' | 'unavailable' | 'unauthorized' | 'unreachable' })
  /** `isHeld`: a gateway said so, behind which nobody is served now. */
  | { readonly outcome: 'unknown'; readonly reason: string; readonly isHeld?: boolean };

/** Returns what an answer makes of an attempt. */
export function outcomeOf(answer: Answer, { reason, retryAfterMs, isOneOfMany }: NotNow): Outcome {
  const { concerns, when, handedOver, isGone } = answer;
  if (handedOver === 'maybe') return { outcome: 'unknown', reason, isHeld: isOneOfMany !== true };
  const notNow = { reason, retryAfterMs, ...(isOneOfMany === true && { isOneOfMany }) };
  if (concerns === 'everybody') return { outcome: 'unavailable', ...notNow };
  if (concerns === 'account') return { outcome: when === 'later' ? 'limited' : 'unauthorized', ...notNow };
  if (when === 'later') return { outcome: 'deferred', reason, retryAfterMs };
  return { outcome: 'rejected', reason, ...(isGone === true && { gone: true }) };
}

const LIMIT_PAUSE_MS = 60_000; // the least that FCM's documents ask for, where it names no time

/** Returns what an answer over HTTP makes of an attempt, with the pause that the provider asks for. */
export function outcomeOfHttp(
  answer: Answer,
  { headers, ...facts }: { readonly headers: Headers; readonly reason: string; readonly isOneOfMany?: boolean },
): Outcome {
  const isPace = answer.concerns === 'account' && answer.when === 'later';
  return outcomeOf(answer, { ...facts, retryAfterMs: pauseMs(headers) ?? (isPace ? LIMIT_PAUSE_MS : undefined) });
}

/** One notification on its way to one address. */
export interface OutwardMessage<Address, Content> {
  /** By it the reader's side recognises a repetition. */
  readonly notificationId: string;
  readonly to: Address;
  /** Its template's name. */
  readonly template: string;
  /** The part of its reader, where readers get different texts. */
  readonly reader?: Reader | undefined;
  readonly content: Content;
  /** The page it is about. */
  readonly link?: string | undefined;
  /** Where its reader leaves its category; absent where nobody can. */
  readonly unsubscribeUrl?: string | undefined;
  /** Gives the attempt up, wherever it is. */
  readonly signal?: AbortSignal | undefined;
}

/** A way out of our database to people. */
export interface OutwardChannel<Address, Content> {
  /** Bounds the messages at hand in this process; absent where there is no bound. */
  readonly capacity?: Capacity;
  /** Hands one message to the provider, once, and says what became of it; it does not throw. */
  send(message: OutwardMessage<Address, Content>): Promise<Outcome>;
}
