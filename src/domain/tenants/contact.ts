import { contactConfirmationRequested } from '../../events/contact-confirmation-requested.ts';
import type { NewEvent } from '../../events/contract/event.ts';

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

/** Effects of a person's words: whether they change anything, what they confirm, and whom they make us ask. */
export interface ContactDecision {
  readonly isChanged: boolean;
  readonly isConfirmed: boolean;
  /** The address that the token newly confirms; null when it confirms none. */
  readonly newlyConfirmed: string | null;
  readonly confirmation: ContactConfirmation | undefined;
  readonly events: readonly NewEvent[];
}

/** The author of a change, the id for a new confirmation, and the addresses that the token proves. */
export interface ContactAuthor {
  readonly userId: string;
  readonly confirmationId: string;
  readonly verified: VerifiedAddresses;
}

const OPEN_MS = 24 * 3_600_000;

/** Takes a person's own name, language and mail address. An address that nothing proves is asked for once a day. */
export function changeContact(
  current: OwnContact | undefined,
  contact: Contact,
  author: ContactAuthor,
  now: Date,
): ContactDecision {
  const { name, email, locale } = contact;
  const isSame = current?.name === name && current.email === email && current.locale === locale;
  const address = { channel: 'email', address: email, confirmed: current?.confirmedEmail } as const;
  const decision = decide(current, { ...address, verified: author.verified.email }, author, now);
  return { ...decision, isChanged: !isSame || decision.newlyConfirmed !== null };
}

/** Takes a person's consent to WhatsApp. A number of somebody who says no is asked for nothing. */
export function changeWhatsApp(
  current: OwnContact,
  consent: WhatsAppConsent,
  author: ContactAuthor,
  now: Date,
): ContactDecision {
  const isSame = current.phone === consent.phone && current.whatsAppOptIn === consent.optIn;
  const address = { channel: 'whatsapp', address: consent.phone, confirmed: current.confirmedPhone } as const;
  const decision = decide(current, { ...address, verified: author.verified.phone }, author, now);
  const wanted = consent.optIn ? decision : { ...decision, confirmation: undefined, events: [] };
  return { ...wanted, isChanged: !isSame || decision.newlyConfirmed !== null };
}

interface Address extends Pick<ContactConfirmation, 'channel' | 'address'> {
  readonly confirmed: string | null | undefined;
  readonly verified: string | undefined;
}

function decide(
  current: OwnContact | undefined,
  { channel, address, confirmed, verified }: Address,
  { userId, confirmationId: id }: ContactAuthor,
  now: Date,
): Omit<ContactDecision, 'isChanged'> {
  const nothing = { newlyConfirmed: null, confirmation: undefined, events: [] };
  if (confirmed === address) return { ...nothing, isConfirmed: true };
  if (verified?.toLowerCase() === address.toLowerCase()) return { ...nothing, isConfirmed: true, newlyConfirmed: address };
  if (current?.pending.includes(address) === true) return { ...nothing, isConfirmed: false };
  const expiresAt = new Date(now.getTime() + OPEN_MS);
  const confirmation = { id, userId, channel, address, createdAt: now, expiresAt };
  const payload = { confirmationId: id, userId, channel };
  const requested = contactConfirmationRequested({ actorUserId: userId, occurredAt: now, payload });
  return { isConfirmed: false, newlyConfirmed: null, confirmation, events: [requested] };
}
