import type { Reader } from './template-contract.ts';

/**
 * What became of an attempt; no reason holds an address or a token.
 * - `sent`: the provider took it.
 * - `rejected`: the provider, or we before it, refused this message; `permanent` says that trying again is of no use,
 *   `gone` that the address is nobody's any more.
 * - `limited`: the provider wants to be asked again later, and not before; for anything, where `everyone` says so.
 * - `unreachable`: nothing was handed over, through no fault of this message or its address.
 * - `unknown`: the message had begun to leave and no answer came: it may or may not be delivered.
 */
export type Outcome =
  | { readonly outcome: 'sent'; readonly providerId: string }
  | { readonly outcome: 'rejected'; readonly permanent: boolean; readonly reason: string; readonly gone?: boolean }
  | { readonly outcome: 'limited'; readonly retryAfterMs: number; readonly everyone: boolean; readonly reason: string }
  | { readonly outcome: 'unreachable'; readonly reason: string }
  | { readonly outcome: 'unknown'; readonly reason: string };

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
  /** Hands one message to the provider, once, and says what became of it; it does not throw. */
  send(message: OutwardMessage<Address, Content>): Promise<Outcome>;
}
