import type { Outcome, OutwardChannel } from '../channels/channel.ts';
import type { PushChannel } from '../channels/push.ts';
import type { Rendered } from '../templates/render.ts';
import type { Templates } from '../templates/templates.ts';
import type { ConfirmationSecrets } from './confirmation.ts';

/** The channels to providers. A channel that is not configured is absent. */
export interface OutwardChannels {
  /** To an e-mail address. */
  readonly email: OutwardChannel<string, Rendered['email']>;
  readonly push?: PushChannel | undefined;
  /** To a phone number in E.164. */
  readonly whatsapp?: OutwardChannel<string, Rendered['whatsapp']> | undefined;
}

/** The ports of the consumers that send. */
export interface SendPorts {
  readonly templates: Templates;
  readonly channels: OutwardChannels;
  /** Attempts an hour that one user gets by one channel; the rest waits. */
  readonly perHour: number;
  /** Returns the address of the page where a reader unsubscribes from a mail's category. */
  unsubscribeUrl(notificationId: string): string;
  /** Derives the code and link that confirm an address. */
  confirmationSecrets(confirmationId: string): ConfirmationSecrets;
  /** Counts an attempt by its outcome. */
  onAttempt(channel: keyof OutwardChannels, outcome: Outcome['outcome']): void;
}
