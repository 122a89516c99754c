import type { ClickBounds } from '../store/performance-charges.ts';
import type { Outcome, OutwardChannel } from '../notifications/channel.ts';
import type { PushChannel } from '../notifications/channels/push.ts';
import type { ConfirmationSecrets } from '../notifications/confirmation.ts';
import type { Rendered } from '../notifications/render.ts';
import type { InboxHint } from '../notifications/inbox-hint.ts';
import type { Templates } from '../notifications/templates.ts';

/** The ways out; one that is not configured is absent. */
export interface OutwardChannels {
  /** To an e-mail address. */
  readonly email: OutwardChannel<string, Rendered['email']>;
  readonly push?: PushChannel | undefined;
  /** To a phone number in E.164. */
  readonly whatsapp?: OutwardChannel<string, Rendered['whatsapp']> | undefined;
}

/** What consumers are given besides their transaction. */
export interface Ports {
  readonly templates: Templates;
  readonly channels: OutwardChannels;
  readonly inboxHint: InboxHint;
  /** Base address of the links in notifications; no slash at its end. */
  readonly appUrl: string;
  /** Attempts an hour that one user gets by one channel; the rest waits. */
  readonly perHour: number;
  /** Milliseconds for which a digest gathers. */
  readonly digestMs: number;
  /** Clicks an hour beyond which further ones wait for an operator. */
  readonly clickBounds: ClickBounds;
  /** Events of the past are handled again: what would leave stays here. */
  readonly isReplay?: boolean;
  /** Where a reader of a mail leaves its category. */
  unsubscribeUrl(notificationId: string): string;
  /** Derives the code and link that confirm an address. */
  confirmationSecrets(confirmationId: string): ConfirmationSecrets;
  /** Told what became of each attempt to notify. */
  onAttempt(channel: keyof OutwardChannels, outcome: Outcome['outcome']): void;
}
