import type { InboxHint } from '../notifications/inbox/inbox-hint.ts';
import type { SendPorts } from '../notifications/send/send-ports.ts';
import type { ClickBounds } from '../store/invoices/performance-charges.ts';

/** The ports that consumers get besides their transaction. */
export interface Ports extends SendPorts {
  readonly inboxHint: InboxHint;
  /** Base address of the links in notifications; no slash at its end. */
  readonly appUrl: string;
  /** Milliseconds for which a digest gathers. */
  readonly digestMs: number;
  /** Clicks an hour beyond which further ones wait for an operator. */
  readonly clickBounds: ClickBounds;
  /** Events of the past are handled again: what would leave stays here. */
  readonly isReplay?: boolean;
}
