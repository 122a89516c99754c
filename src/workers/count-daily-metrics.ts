import { dailyFigures } from '../domain/analytics/daily-figures.ts';
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
import { defineReaction } from '../kernel/consumers/consumer.ts';
import type { EventOf } from '../events/contract/event.ts';
import { countDaily } from '../store/analytics/daily-metrics.ts';

const counted = [
  appointmentCancelled, appointmentScheduled, branchUpdated, chargeDisputed, commissionCalculated,
  disputeResolved, leadCreated, leadStatusChanged, listingFlagged, listingPublished, listingViewed,
  moderationActionTaken, paymentCaptured, paymentFailed, paymentRefunded, performanceChargeCreated,
  quoteApproved, quoteSent, reviewCreated, subscriptionStarted, tenantAttributed, tenantCreated,
  tenantVerified, ticketAssigned, ticketClosed, ticketCreated, whatsAppClicked,
] as const;
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
  if (tenantId === undefined) return [];
  const metric = dailyFigures[eventType];
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
