/** The figure of a tenant's day that each event type adds one to. Names of figures live in a table: never rename them. */
export const dailyFigures = Object.freeze({
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
} as const);

/** An event type that is counted. */
export type CountedType = keyof typeof dailyFigures;
export const countedTypes = Object.keys(dailyFigures) as readonly CountedType[];
