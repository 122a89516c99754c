import { emailRequested } from '../../events/email-requested.ts';
import { pushRequested } from '../../events/push-requested.ts';
import { whatsAppRequested } from '../../events/whatsapp-requested.ts';
import type { EventFacts, NewEvent } from '../../events/contract/event.ts';

const BY_CHANNEL = Object.freeze({ email: emailRequested, push: pushRequested, whatsapp: whatsAppRequested });

/** What asks for a notification's way out; nothing for the inbox, which is ours. */
export function requested(channel: string, facts: EventFacts & { readonly payload: { readonly notificationId: string } }): NewEvent[] {
  return channel in BY_CHANNEL ? [BY_CHANNEL[channel as keyof typeof BY_CHANNEL](facts)] : [];
}
