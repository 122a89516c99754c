import { contactConfirmationRequested } from '../events/contact-confirmation-requested.ts';
import type { NewEvent } from '../kernel/event.ts';

/** A person's name, language and mail address. */
export interface Contact {
  readonly name: string;
  readonly email: string;
  readonly locale: 'es' | 'en';
}

/** A number in E.164, and whether we may use it for WhatsApp. */
export interface WhatsAppConsent {
  readonly phone: string;
  readonly optIn: boolean;
}

/** A person's own words about how to reach them, and the addresses that were confirmed. */
export interface OwnContact extends Contact {
  readonly phone: string | null;
  readonly whatsAppOptIn: boolean;
  readonly confirmedEmail: string | null;
  readonly confirmedPhone: string | null;
  /** Addresses whose owner was asked within the last day and has not answered. */
  readonly pending: readonly string[];
}

/** Addresses that the issuer of the person's token verified. */
export interface VerifiedAddresses {
  readonly email?: string | undefined;
  readonly phone?: string | undefined;
}

/** A request to confirm an address. */
export interface ContactConfirmation {
  readonly id: string;
  readonly userId: string;
  readonly channel: 'email' | 'whatsapp';
  readonly address: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

/** Effects of a person's words: whether they changed anything, what is confirmed by them, and whom they make us ask. */
export interface ContactDecision {
  readonly isChanged: boolean;
  readonly isConfirmed: boolean;
  /** The address that the token proves; null when it proves none. */
  readonly proven: string | null;
  readonly confirmation: ContactConfirmation | undefined;
  readonly events: readonly NewEvent[];
}

/** A speaker: the person, the new confirmation's id and what the token proves. */
export interface Saying {
  readonly userId: string;
  readonly confirmationId: string;
  readonly verified: VerifiedAddresses;
}

const OPEN_MS = 24 * 3_600_000;

/** Takes a person's own name, language and mail address. An address that nothing proves is asked for once a day. */
export function sayContact(known: OwnContact | undefined, said: Contact, saying: Saying, now: Date): ContactDecision {
  const isSame = known?.name === said.name && known.email === said.email && known.locale === said.locale;
  const address = { channel: 'email', address: said.email, confirmed: known?.confirmedEmail } as const;
  const decision = decide(known, { ...address, verified: saying.verified.email }, saying, now);
  return { ...decision, isChanged: !isSame || decision.proven !== null };
}

/** Takes a person's consent to WhatsApp. A number of somebody who says no is asked for nothing. */
export function sayWhatsApp(known: OwnContact, said: WhatsAppConsent, saying: Saying, now: Date): ContactDecision {
  const isSame = known.phone === said.phone && known.whatsAppOptIn === said.optIn;
  const address = { channel: 'whatsapp', address: said.phone, confirmed: known.confirmedPhone } as const;
  const decision = decide(known, { ...address, verified: saying.verified.phone }, saying, now);
  const asked = said.optIn ? decision : { ...decision, confirmation: undefined, events: [] };
  return { ...asked, isChanged: !isSame || decision.proven !== null };
}

interface Address extends Pick<ContactConfirmation, 'channel' | 'address'> {
  readonly confirmed: string | null | undefined;
  readonly verified: string | undefined;
}

function decide(
  known: OwnContact | undefined,
  { channel, address, confirmed, verified }: Address,
  { userId, confirmationId: id }: Saying,
  now: Date,
): Omit<ContactDecision, 'isChanged'> {
  const nothing = { proven: null, confirmation: undefined, events: [] };
  if (confirmed === address) return { ...nothing, isConfirmed: true };
  if (verified?.toLowerCase() === address.toLowerCase()) return { ...nothing, isConfirmed: true, proven: address };
  if (known?.pending.includes(address) === true) return { ...nothing, isConfirmed: false };
  const expiresAt = new Date(now.getTime() + OPEN_MS);
  const confirmation = { id, userId, channel, address, createdAt: now, expiresAt };
  const payload = { confirmationId: id, userId, channel };
  const requested = contactConfirmationRequested({ actorUserId: userId, occurredAt: now, payload });
  return { isConfirmed: false, proven: null, confirmation, events: [requested] };
}
