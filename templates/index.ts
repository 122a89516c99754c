import type { TemplateContract } from '../src/notifications/templates/template-contract.ts';
import { appointmentCancelled } from './appointment-cancelled/contract.ts';
import { appointmentReminder } from './appointment-reminder/contract.ts';
import { appointmentScheduled } from './appointment-scheduled/contract.ts';
import { digest } from './digest/contract.ts';
import { emailConfirmation } from './email-confirmation/contract.ts';
import { leadUnanswered } from './lead-unanswered/contract.ts';
import { paymentFailed } from './payment-failed/contract.ts';
import { paymentSucceeded } from './payment-succeeded/contract.ts';
import { payoutReady } from './payout-ready/contract.ts';
import { phoneConfirmation } from './phone-confirmation/contract.ts';
import { quoteApproved } from './quote-approved/contract.ts';
import { quoteSent } from './quote-sent/contract.ts';
import { tenantVerified } from './tenant-verified/contract.ts';
import { ticketAssigned } from './ticket-assigned/contract.ts';
import { ticketCreated } from './ticket-created/contract.ts';

/** Every notification there is, sorted by name. */
export const templateContracts: readonly TemplateContract[] = Object.freeze([
  appointmentCancelled,
  appointmentReminder,
  appointmentScheduled,
  digest,
  emailConfirmation,
  leadUnanswered,
  paymentFailed,
  paymentSucceeded,
  payoutReady,
  phoneConfirmation,
  quoteApproved,
  quoteSent,
  tenantVerified,
  ticketAssigned,
  ticketCreated,
]);
