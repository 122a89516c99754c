import { appointmentCancelled } from '../events/appointment-cancelled.ts';
import { appointmentScheduled } from '../events/appointment-scheduled.ts';
import { branchUpdated } from '../events/branch-updated.ts';
import { chargeDisputed } from '../events/charge-disputed.ts';
import { commissionCalculated } from '../events/commission-calculated.ts';
import { disputeResolved } from '../events/dispute-resolved.ts';
import { leadCreated } from '../events/lead-created.ts';
import { leadStatusChanged } from '../events/lead-status-changed.ts';
import { listingFlagged } from '../events/listing-flagged.ts';
import { listingPublished } from '../events/listing-published.ts';
import { listingViewed } from '../events/listing-viewed.ts';
import { moderationActionTaken } from '../events/moderation-action-taken.ts';
import { paymentCaptured } from '../events/payment-captured.ts';
import { paymentFailed } from '../events/payment-failed.ts';
import { paymentRefunded } from '../events/payment-refunded.ts';
import { performanceChargeCreated } from '../events/performance-charge-created.ts';
import { quoteApproved } from '../events/quote-approved.ts';
import { quoteSent } from '../events/quote-sent.ts';
import { reviewCreated } from '../events/review-created.ts';
import { subscriptionStarted } from '../events/subscription-started.ts';
import { tenantAttributed } from '../events/tenant-attributed.ts';
import { tenantCreated } from '../events/tenant-created.ts';
import { tenantVerified } from '../events/tenant-verified.ts';
import { ticketAssigned } from '../events/ticket-assigned.ts';
import { ticketClosed } from '../events/ticket-closed.ts';
import { ticketCreated } from '../events/ticket-created.ts';
import { whatsAppClicked } from '../events/whatsapp-clicked.ts';
import { defineReaction } from '../kernel/consumer.ts';
import type { EventOf } from '../kernel/event.ts';
import { countDaily } from '../store/daily-metrics.ts';

/** The figure that each event adds one to. Names of figures live in a table: never rename them. */
const FIGURES = [
  [appointmentCancelled, 'appointments_cancelled'],
  [appointmentScheduled, 'appointments_scheduled'],
  [branchUpdated, 'branches_updated'],
  [chargeDisputed, 'charges_disputed'],
  [commissionCalculated, 'commissions_calculated'],
  [disputeResolved, 'disputes_resolved'],
  [leadCreated, 'leads_created'],
  [leadStatusChanged, 'lead_steps'],
  [listingFlagged, 'listings_flagged'],
  [listingPublished, 'listings_published'],
  [listingViewed, 'listing_views'],
  [moderationActionTaken, 'moderation_actions'],
  [paymentCaptured, 'payments_captured'],
  [paymentFailed, 'payments_failed'],
  [paymentRefunded, 'payments_refunded'],
  [performanceChargeCreated, 'performance_charges'],
  [quoteApproved, 'quotes_approved'],
  [quoteSent, 'quotes_sent'],
  [reviewCreated, 'reviews_created'],
  [subscriptionStarted, 'subscriptions_started'],
  [tenantAttributed, 'tenants_attributed'],
  [tenantCreated, 'tenants_created'],
  [tenantVerified, 'tenants_verified'],
  [ticketAssigned, 'tickets_assigned'],
  [ticketClosed, 'tickets_closed'],
  [ticketCreated, 'tickets_created'],
  [whatsAppClicked, 'whatsapp_clicks'],
] as const;
const figureOf = new Map<string, string>(FIGURES.map(([contract, figure]) => [contract.type, figure]));
const counted = FIGURES.map(([contract]) => contract);
type Counted = EventOf<(typeof counted)[number]>;

/** Keeps each tenant's figures of the day. */
export const countDailyMetrics = defineReaction<object, typeof counted>({
  name: 'count-daily-metrics', // names its queue and its proofs: never rename
  on: counted,

  async handleBatch(events, { tx }) {
    await countDaily(tx, events.flatMap(figures));
  },
});

/** One for the event, and its amount by currency where it is about money: `payments_captured_minor_eur`. */
function figures(event: Counted) {
  const { tenantId, occurredAt, eventType } = event;
  const metric = figureOf.get(eventType);
  if (tenantId === undefined || metric === undefined) return [];
  const one = { tenantId, occurredAt, metric, value: 1 };
  switch (event.eventType) {
    case 'CommissionCalculated':
    case 'PaymentCaptured':
    case 'PaymentRefunded':
    case 'PerformanceChargeCreated': {
      const { minor, currency } = event.payload.amount;
      return [one, { ...one, metric: `${metric}_minor_${currency.toLowerCase()}`, value: minor }];
    }
    default:
      return [one];
  }
}
