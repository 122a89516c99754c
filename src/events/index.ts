import type { AnyContract } from './contract/event.ts';
import { appointmentApproached } from './appointment-approached.ts';
import { appointmentCancelled } from './appointment-cancelled.ts';
import { appointmentScheduled } from './appointment-scheduled.ts';
import { branchUpdated } from './branch-updated.ts';
import { chargeDisputed } from './charge-disputed.ts';
import { commissionCalculated } from './commission-calculated.ts';
import { contactConfirmationRequested } from './contact-confirmation-requested.ts';
import { digestClosed } from './digest-closed.ts';
import { disputeResolved } from './dispute-resolved.ts';
import { emailRequested } from './email-requested.ts';
import { fraudSuspected } from './fraud-suspected.ts';
import { invoiceIssued } from './invoice-issued.ts';
import { leadCreated } from './lead-created.ts';
import { leadLeftUnanswered } from './lead-left-unanswered.ts';
import { leadStatusChanged } from './lead-status-changed.ts';
import { listingFlagged } from './listing-flagged.ts';
import { listingPublished } from './listing-published.ts';
import { listingViewed } from './listing-viewed.ts';
import { missedNoticesRequested } from './missed-notices-requested.ts';
import { moderationActionTaken } from './moderation-action-taken.ts';
import { notificationFailed } from './notification-failed.ts';
import { paymentCaptured } from './payment-captured.ts';
import { paymentFailed } from './payment-failed.ts';
import { paymentMismatchFound } from './payment-mismatch-found.ts';
import { paymentMismatchResolved } from './payment-mismatch-resolved.ts';
import { paymentRefunded } from './payment-refunded.ts';
import { payoutCycleClosed } from './payout-cycle-closed.ts';
import { performanceChargeCreated } from './performance-charge-created.ts';
import { pushRequested } from './push-requested.ts';
import { quoteApproved } from './quote-approved.ts';
import { quoteSent } from './quote-sent.ts';
import { reviewCreated } from './review-created.ts';
import { subscriptionStarted } from './subscription-started.ts';
import { tenantAttributed } from './tenant-attributed.ts';
import { tenantCreated } from './tenant-created.ts';
import { tenantVerified } from './tenant-verified.ts';
import { ticketAssigned } from './ticket-assigned.ts';
import { ticketClosed } from './ticket-closed.ts';
import { ticketCreated } from './ticket-created.ts';
import { whatsAppClicked } from './whatsapp-clicked.ts';
import { whatsAppRequested } from './whatsapp-requested.ts';

/** Every event type there is, sorted by name. */
export const contracts: readonly AnyContract[] = Object.freeze([
  appointmentApproached,
  appointmentCancelled,
  appointmentScheduled,
  branchUpdated,
  chargeDisputed,
  commissionCalculated,
  contactConfirmationRequested,
  digestClosed,
  disputeResolved,
  emailRequested,
  fraudSuspected,
  invoiceIssued,
  leadCreated,
  leadLeftUnanswered,
  leadStatusChanged,
  listingFlagged,
  listingPublished,
  listingViewed,
  missedNoticesRequested,
  moderationActionTaken,
  notificationFailed,
  paymentCaptured,
  paymentFailed,
  paymentMismatchFound,
  paymentMismatchResolved,
  paymentRefunded,
  payoutCycleClosed,
  performanceChargeCreated,
  pushRequested,
  quoteApproved,
  quoteSent,
  reviewCreated,
  subscriptionStarted,
  tenantAttributed,
  tenantCreated,
  tenantVerified,
  ticketAssigned,
  ticketClosed,
  ticketCreated,
  whatsAppClicked,
  whatsAppRequested,
]);
