import { contracts } from '../events/index.ts';
import { defineReaction } from '../kernel/consumer.ts';
import type { AnyContract, EventOf } from '../kernel/event.ts';
import { countDaily } from '../store/daily-metrics.ts';

/** The figure that each event adds one to. Names of figures live in a table: never rename them. */
const METRICS: Readonly<Record<string, string>> = Object.freeze({
  AppointmentCancelled: 'appointments_cancelled',
  AppointmentScheduled: 'appointments_scheduled',
  BranchUpdated: 'branches_updated',
  ChargeDisputed: 'charges_disputed',
  CommissionCalculated: 'commissions_calculated',
  DisputeResolved: 'disputes_resolved',
  LeadCreated: 'leads_created',
  LeadStatusChanged: 'lead_steps',
  ListingFlagged: 'listings_flagged',
  ListingPublished: 'listings_published',
  ListingViewed: 'listing_views',
  ModerationActionTaken: 'moderation_actions',
  PaymentCaptured: 'payments_captured',
  PaymentFailed: 'payments_failed',
  PaymentRefunded: 'payments_refunded',
  PerformanceChargeCreated: 'performance_charges',
  QuoteApproved: 'quotes_approved',
  QuoteSent: 'quotes_sent',
  ReviewCreated: 'reviews_created',
  SubscriptionStarted: 'subscriptions_started',
  TenantAttributed: 'tenants_attributed',
  TenantCreated: 'tenants_created',
  TenantVerified: 'tenants_verified',
  TicketAssigned: 'tickets_assigned',
  TicketClosed: 'tickets_closed',
  TicketCreated: 'tickets_created',
  WhatsAppClicked: 'whatsapp_clicks',
});

/** Events whose amount is summed up as well, by currency: `payments_captured_minor_eur`. */
const SUMMED = new Set(['CommissionCalculated', 'PaymentCaptured', 'PaymentRefunded', 'PerformanceChargeCreated']);

/** Keeps each tenant's figures of the day. */
export const countDailyMetrics = defineReaction<object, readonly AnyContract[]>({
  name: 'count-daily-metrics', // names its queue and its proofs: never rename
  on: contracts.filter(({ type }) => METRICS[type] !== undefined),

  async handleBatch(events, { tx }) {
    await countDaily(tx, events.flatMap(figuresOf));
  },
});

function figuresOf({ eventType, tenantId, occurredAt, payload }: EventOf<AnyContract>) {
  const metric = METRICS[eventType];
  if (tenantId === undefined || metric === undefined) return [];
  const one = { tenantId, occurredAt, metric, value: 1 };
  if (!SUMMED.has(eventType)) return [one];
  const { minor, currency } = payload.amount as { readonly minor: number; readonly currency: string };
  return [one, { ...one, metric: `${metric}_minor_${currency.toLowerCase()}`, value: minor }];
}
