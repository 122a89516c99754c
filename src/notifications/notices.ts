import { appointmentReminder } from '../../templates/appointment-reminder/contract.ts';
import { digest } from '../../templates/digest/contract.ts';
import { emailConfirmation } from '../../templates/email-confirmation/contract.ts';
import { leadUnanswered } from '../../templates/lead-unanswered/contract.ts';
import { paymentFailed as paymentFailedTemplate } from '../../templates/payment-failed/contract.ts';
import { paymentSucceeded } from '../../templates/payment-succeeded/contract.ts';
import { payoutReady } from '../../templates/payout-ready/contract.ts';
import { phoneConfirmation } from '../../templates/phone-confirmation/contract.ts';
import { quoteApproved as quoteApprovedTemplate } from '../../templates/quote-approved/contract.ts';
import { quoteSent as quoteSentTemplate } from '../../templates/quote-sent/contract.ts';
import { tenantVerified as tenantVerifiedTemplate } from '../../templates/tenant-verified/contract.ts';
import { ticketAssigned as ticketAssignedTemplate } from '../../templates/ticket-assigned/contract.ts';
import { ticketCreated as ticketCreatedTemplate } from '../../templates/ticket-created/contract.ts';
import { appointmentApproached } from '../events/appointment-approached.ts';
import { contactConfirmationRequested } from '../events/contact-confirmation-requested.ts';
import { digestClosed } from '../events/digest-closed.ts';
import { leadLeftUnanswered } from '../events/lead-left-unanswered.ts';
import { paymentCaptured } from '../events/payment-captured.ts';
import { paymentFailed } from '../events/payment-failed.ts';
import { payoutCycleClosed } from '../events/payout-cycle-closed.ts';
import { quoteApproved } from '../events/quote-approved.ts';
import { quoteSent } from '../events/quote-sent.ts';
import { tenantVerified } from '../events/tenant-verified.ts';
import { ticketAssigned } from '../events/ticket-assigned.ts';
import { ticketCreated } from '../events/ticket-created.ts';
import type { EventOf } from '../kernel/event.ts';
import type { TemplateContract } from './template-contract.ts';
import type { Wording } from './wording.ts';

/** The events somebody is told about. */
export const noticed = [
  appointmentApproached, contactConfirmationRequested, digestClosed, leadLeftUnanswered, paymentCaptured, paymentFailed, payoutCycleClosed,
  quoteApproved, quoteSent, tenantVerified, ticketAssigned, ticketCreated,
] as const;
export type Noticed = EventOf<(typeof noticed)[number]>;

/** What people are told of an event, before anyone's name, language or channel comes in. */
export interface Notice {
  readonly template: TemplateContract;
  /** A user with two parts in the event is told once. */
  readonly userIds: readonly string[];
  /** The page it is about, under the application's address. */
  readonly path: string;
  props(say: Wording): Props;
  /** What the user switches off to be spared; the template's own unless it speaks for others. */
  readonly category: string;
  /** Of no use from then on. */
  readonly expiresAt?: Date;
  /** Of no use without this visit at that time. */
  readonly appointmentId?: string;
  /** Set for a request to confirm an address. */
  readonly confirmationId?: string;
}

type Props = Readonly<Record<string, string | readonly string[]>>;

/** Who is told what of an event. */
export function noticeOf(event: Noticed): Notice {
  switch (event.eventType) {
    case 'TenantVerified': {
      const { tenantId, ownerUserId, name: tenantName } = event.payload;
      return notice(tenantVerifiedTemplate, [ownerUserId], `/tenants/${tenantId}`, () => ({ tenantName }));
    }
    case 'TicketCreated': {
      const { ticketId, customerUserId, tenantOwnerUserId, tenantName, subject } = event.payload;
      const told = [customerUserId, tenantOwnerUserId];
      return notice(ticketCreatedTemplate, told, ticketPath(ticketId), () => ({ tenantName, subject }));
    }
    case 'TicketAssigned': {
      const { ticketId, customerUserId, assigneeUserId, tenantName, subject } = event.payload;
      const told = [customerUserId, assigneeUserId];
      return notice(ticketAssignedTemplate, told, ticketPath(ticketId), () => ({ tenantName, subject }));
    }
    case 'QuoteSent': {
      const { ticketId, customerUserId, tenantName, subject, total, validUntil } = event.payload;
      return notice(quoteSentTemplate, [customerUserId], ticketPath(ticketId), (say) => ({
        tenantName, subject, total: say.money(total), validUntil: say.moment(validUntil),
      }));
    }
    case 'QuoteApproved': {
      const { ticketId, tenantOwnerUserId, tenantName, subject, total } = event.payload;
      return notice(quoteApprovedTemplate, [tenantOwnerUserId], ticketPath(ticketId), (say) => ({
        tenantName, subject, total: say.money(total),
      }));
    }
    case 'AppointmentApproached': {
      const { appointmentId, ticketId, customerUserId, tenantName, subject, startsAt } = event.payload;
      const reminder = notice(appointmentReminder, [customerUserId], ticketPath(ticketId), (say) => ({
        tenantName, subject, startsAt: say.moment(startsAt), startsAtShort: say.shortMoment(startsAt),
      }));
      return { ...reminder, expiresAt: new Date(startsAt), appointmentId };
    }
    case 'ContactConfirmationRequested': {
      const { confirmationId, userId, channel } = event.payload;
      const template = channel === 'email' ? emailConfirmation : phoneConfirmation;
      return { ...notice(template, [userId], '/profile', () => ({ confirmationId })), confirmationId };
    }
    case 'DigestClosed': {
      const { userId, category, count, texts } = event.payload;
      const told = notice(digest, [userId], '/notifications', (say) => ({
        category: say.category(category), count: String(count), texts,
      }));
      return { ...told, category };
    }
    case 'LeadLeftUnanswered': {
      const { leadId, tenantOwnerUserId, tenantName, waitingSince } = event.payload;
      return notice(leadUnanswered, [tenantOwnerUserId], `/leads/${leadId}`, (say) => ({
        tenantName, waitingSince: say.moment(waitingSince),
      }));
    }
    case 'PaymentCaptured':
    case 'PaymentFailed': {
      const { paymentId, tenantOwnerUserId, tenantName, amount } = event.payload;
      const template = event.eventType === 'PaymentCaptured' ? paymentSucceeded : paymentFailedTemplate;
      return notice(template, [tenantOwnerUserId], `/payments/${paymentId}`, (say) => ({
        tenantName, amount: say.money(amount),
      }));
    }
    case 'PayoutCycleClosed': {
      const { cycleId, ambassadorUserId, periodStart, periodEnd, payable } = event.payload;
      const told = payable.minor > 0 ? [ambassadorUserId] : []; // what is carried on is no news
      return notice(payoutReady, told, `/payouts/${cycleId}`, (say) => ({
        payable: say.money(payable), period: say.period(periodStart, periodEnd),
      }));
    }
  }
}

const ticketPath = (ticketId: string) => `/tickets/${ticketId}`;

function notice(template: TemplateContract, told: readonly string[], path: string, props: Notice['props']): Notice {
  return { template, userIds: [...new Set(told)], path, props, category: template.category };
}
