import { appointmentCancelled as appointmentCancelledTemplate } from '../../../templates/appointment-cancelled/contract.ts';
import { appointmentReminder } from '../../../templates/appointment-reminder/contract.ts';
import { appointmentScheduled as appointmentScheduledTemplate } from '../../../templates/appointment-scheduled/contract.ts';
import { digest } from '../../../templates/digest/contract.ts';
import { emailConfirmation } from '../../../templates/email-confirmation/contract.ts';
import { leadUnanswered } from '../../../templates/lead-unanswered/contract.ts';
import { paymentFailed as paymentFailedTemplate } from '../../../templates/payment-failed/contract.ts';
import { paymentSucceeded } from '../../../templates/payment-succeeded/contract.ts';
import { payoutReady } from '../../../templates/payout-ready/contract.ts';
import { phoneConfirmation } from '../../../templates/phone-confirmation/contract.ts';
import { quoteApproved as quoteApprovedTemplate } from '../../../templates/quote-approved/contract.ts';
import { quoteSent as quoteSentTemplate } from '../../../templates/quote-sent/contract.ts';
import { tenantVerified as tenantVerifiedTemplate } from '../../../templates/tenant-verified/contract.ts';
import { ticketAssigned as ticketAssignedTemplate } from '../../../templates/ticket-assigned/contract.ts';
import { ticketCreated as ticketCreatedTemplate } from '../../../templates/ticket-created/contract.ts';
import { TICKET_CLOSED } from '../../domain/service/appointment.ts';
import { appointmentApproached } from '../../events/appointment-approached.ts';
import { appointmentCancelled } from '../../events/appointment-cancelled.ts';
import { appointmentScheduled } from '../../events/appointment-scheduled.ts';
import { contactConfirmationRequested } from '../../events/contact-confirmation-requested.ts';
import { digestClosed } from '../../events/digest-closed.ts';
import { leadLeftUnanswered } from '../../events/lead-left-unanswered.ts';
import { paymentCaptured } from '../../events/payment-captured.ts';
import { paymentFailed } from '../../events/payment-failed.ts';
import { payoutCycleClosed } from '../../events/payout-cycle-closed.ts';
import { quoteApproved } from '../../events/quote-approved.ts';
import { quoteSent } from '../../events/quote-sent.ts';
import { tenantVerified } from '../../events/tenant-verified.ts';
import { ticketAssigned } from '../../events/ticket-assigned.ts';
import { ticketCreated } from '../../events/ticket-created.ts';
import type { EventOf } from '../../events/contract/event.ts';
import type { Reader, TemplateContract } from '../templates/template-contract.ts';
import type { Wording } from './wording.ts';

/** The events that notices are made of. */
export const noticed = [
  appointmentApproached, appointmentCancelled, appointmentScheduled, contactConfirmationRequested, digestClosed, leadLeftUnanswered,
  paymentCaptured, paymentFailed, payoutCycleClosed, quoteApproved, quoteSent, tenantVerified, ticketAssigned, ticketCreated,
] as const;
export type Noticed = EventOf<(typeof noticed)[number]>;

/** What an event has to say to people, before anyone's name, language or channel comes in. */
export interface Notice {
  readonly template: TemplateContract;
  /** The part of each reader by their user id: one part each. */
  readonly readers: ReadonlyMap<string, Reader>;
  /** The page it is about, under the application's address. */
  readonly path: string;
  props(say: Wording): Props;
  /** The category that a user switches off to be spared: the template's own unless it speaks for others. */
  readonly category: string;
  /** The time from which it is of no use. */
  readonly expiresAt?: Date;
  /** The visit without which, at that time, it is of no use. */
  readonly appointmentId?: string;
  /** Set for a request to confirm an address. */
  readonly confirmationId?: string;
}

type Props = Readonly<Record<string, string | readonly string[] | undefined>>;

/** A notice of an event for one user. */
export interface PersonalNotice {
  readonly event: Noticed;
  readonly notice: Notice;
  readonly userId: string;
  readonly reader: Reader;
}

/** Returns an event's notice for each of its readers. */
export function noticesOf(event: Noticed): readonly PersonalNotice[] {
  const notice = noticeOf(event);
  return [...notice.readers].map(([userId, reader]) => ({ event, notice, userId, reader }));
}

/** Returns what an event has to say, and to whom. */
export function noticeOf(event: Noticed): Notice {
  switch (event.eventType) {
    case 'AppointmentApproached':
    case 'AppointmentCancelled':
    case 'AppointmentScheduled':
      return noticeOfVisit(event);
    case 'PaymentCaptured':
    case 'PaymentFailed':
    case 'PayoutCycleClosed':
      return noticeOfMoney(event);
    case 'QuoteApproved':
    case 'QuoteSent':
    case 'TicketAssigned':
    case 'TicketCreated':
      return noticeOfTicket(event);
    case 'ContactConfirmationRequested': {
      const { confirmationId, userId, channel } = event.payload;
      const template = channel === 'email' ? emailConfirmation : phoneConfirmation;
      return { ...notice(template, { owner: userId }, '/profile', () => ({ confirmationId })), confirmationId };
    }
    case 'DigestClosed': {
      const { userId, category, count, texts } = event.payload;
      const single = count === 1 ? texts[0]?.replace(/\s+/g, ' ') : undefined;
      const gathered = notice(digest, { owner: userId }, '/notifications', (say) => ({
        category: say.category(category), count: String(count), texts, single,
      }));
      return { ...gathered, category };
    }
    case 'LeadLeftUnanswered': {
      const { leadId, tenantOwnerUserId: owner, tenantName, waitingSince } = event.payload;
      return notice(leadUnanswered, { owner }, `/leads/${leadId}`, (say) => ({ tenantName, waitingSince: say.moment(waitingSince) }));
    }
    case 'TenantVerified': {
      const { tenantId, ownerUserId: owner, name: tenantName } = event.payload;
      return notice(tenantVerifiedTemplate, { owner }, `/tenants/${tenantId}`, () => ({ tenantName }));
    }
  }
}

type Of<Type extends Noticed['eventType']> = Extract<Noticed, { readonly eventType: Type }>;

type VisitEvent = Of<'AppointmentApproached' | 'AppointmentCancelled' | 'AppointmentScheduled'>;

/** Tells of a visit: its customer and its assignee, or the owner while there is no assignee; never whoever changed it. */
function noticeOfVisit(event: VisitEvent): Notice {
  const { customerUserId: customer, assigneeUserId: assignee, ticketId, appointmentId, startsAt } = event.payload;
  if (startsAt === undefined) return notice(appointmentCancelledTemplate, {}, ticketPath(ticketId), () => ({})); // an older release did not say
  const owner = 'tenantOwnerUserId' in event.payload && assignee === undefined ? event.payload.tenantOwnerUserId : undefined;
  const [template, changeOf] = wordsOfVisit(event);
  const { tenantName, subject } = event.payload;
  const visit = notice(template, { customer, assignee, owner }, ticketPath(ticketId), (say) => ({
    tenantName, subject, startsAt: say.moment(startsAt), startsAtShort: say.shortMoment(startsAt), ...changeOf(say),
  }));
  const readers = new Map([...visit.readers].filter(([userId]) => userId !== event.actorUserId));
  const addressed = { ...visit, readers, expiresAt: new Date(startsAt) };
  return event.eventType === 'AppointmentCancelled' ? addressed : { ...addressed, appointmentId };
}

/** Returns the template for what happened to a visit, and the variables that only it has. */
function wordsOfVisit(event: VisitEvent): readonly [TemplateContract, (say: Wording) => Props] {
  switch (event.eventType) {
    case 'AppointmentApproached':
      return [appointmentReminder, () => ({})];
    case 'AppointmentCancelled': {
      const { reason } = event.payload;
      return [appointmentCancelledTemplate, () => ({ reason: reason === TICKET_CLOSED ? undefined : reason })];
    }
    case 'AppointmentScheduled': {
      const { previousStartsAt } = event.payload;
      return [appointmentScheduledTemplate, (say) => ({ previousStartsAt: previousStartsAt === null ? undefined : say.moment(previousStartsAt) })];
    }
  }
}

function noticeOfMoney(event: Of<'PaymentCaptured' | 'PaymentFailed' | 'PayoutCycleClosed'>): Notice {
  if (event.eventType === 'PayoutCycleClosed') {
    const { cycleId, ambassadorUserId, periodStart, periodEnd, payable } = event.payload;
    const ambassador = payable.minor > 0 ? ambassadorUserId : undefined; // what is carried on is no news
    return notice(payoutReady, { ambassador }, `/payouts/${cycleId}`, (say) => ({
      payable: say.money(payable), period: say.period(periodStart, periodEnd),
    }));
  }
  const { paymentId, tenantOwnerUserId: owner, tenantName, amount } = event.payload;
  const template = event.eventType === 'PaymentCaptured' ? paymentSucceeded : paymentFailedTemplate;
  return notice(template, { owner }, `/payments/${paymentId}`, (say) => ({ tenantName, amount: say.money(amount) }));
}

function noticeOfTicket(event: Of<'QuoteApproved' | 'QuoteSent' | 'TicketAssigned' | 'TicketCreated'>): Notice {
  const { ticketId, customerUserId: customer, tenantName, subject } = event.payload;
  const path = ticketPath(ticketId);
  switch (event.eventType) {
    case 'QuoteApproved': {
      const { tenantOwnerUserId: owner, assigneeUserId: assignee, total } = event.payload;
      return notice(quoteApprovedTemplate, { owner, assignee }, path, (say) => ({ tenantName, subject, total: say.money(total) }));
    }
    case 'QuoteSent': {
      const { total, validUntil } = event.payload;
      return notice(quoteSentTemplate, { customer }, path, (say) => ({
        tenantName, subject, total: say.money(total), validUntil: say.moment(validUntil),
      }));
    }
    case 'TicketAssigned':
      return notice(ticketAssignedTemplate, { customer, assignee: event.payload.assigneeUserId }, path, () => ({ tenantName, subject }));
    case 'TicketCreated':
      return notice(ticketCreatedTemplate, { customer, owner: event.payload.tenantOwnerUserId }, path, () => ({ tenantName, subject }));
  }
}

const ticketPath = (ticketId: string) => `/tickets/${ticketId}`;

type Readers = Partial<Record<Reader, string | undefined>>;

/** Makes a notice; a user with several parts has the first of them. */
function notice(template: TemplateContract, readers: Readers, path: string, props: Notice['props']): Notice {
  const parts = Object.entries(readers).flatMap(([part, userId]) => (userId === undefined ? [] : [[userId, part as Reader] as const]));
  return { template, readers: new Map(parts.toReversed()), path, props, category: template.category };
}
