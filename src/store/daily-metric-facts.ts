/**
 * Where each figure of `count-daily-metrics` stands: by the event type that it counts, its name and the rows that say
 * the same. A fact's columns are tenant_id, at and, where it is about money, minor and currency. `EVENTS`: no table keeps
 * each occurrence (a row says how a thing stands, not each step on its way), so the events themselves are the facts.
 */
const EVENTS = 'the events';

interface Figure {
  /** Lives in a table: never rename it. */
  readonly figure: string;
  readonly facts: string;
  /** Whether amounts are summed as well, by currency. */
  readonly isMoney?: true;
}

const ofTicket = (columns: string) => `select ticket.tenant_id, ${columns} join ticket on ticket.id = ticket_id`;
const ofListing = (columns: string) => `select listing.tenant_id, ${columns} join listing on listing.id = listing_id`;

const FIGURES: Readonly<Record<string, Figure>> = Object.freeze({
  AppointmentCancelled: { figure: 'appointments_cancelled', facts: ofTicket('cancelled_at from appointment') },
  AppointmentScheduled: { figure: 'appointments_scheduled', facts: EVENTS },
  BranchUpdated: { figure: 'branches_updated', facts: EVENTS },
  ChargeDisputed: { figure: 'charges_disputed', facts: 'select tenant_id, opened_at from dispute' },
  CommissionCalculated: { figure: 'commissions_calculated', facts: EVENTS, isMoney: true },
  DisputeResolved: { figure: 'disputes_resolved', facts: 'select tenant_id, resolved_at from dispute' },
  LeadCreated: { figure: 'leads_created', facts: 'select tenant_id, created_at from lead' },
  LeadStatusChanged: { figure: 'lead_steps', facts: EVENTS },
  ListingFlagged: { figure: 'listings_flagged', facts: ofListing('listing_flag.created_at from listing_flag') },
  ListingPublished: { figure: 'listings_published', facts: 'select tenant_id, published_at from listing' },
  ListingViewed: { figure: 'listing_views', facts: `${ofListing('at from listing_visit')} where kind = 'view'` },
  ModerationActionTaken: { figure: 'moderation_actions', facts: EVENTS },
  PaymentCaptured: {
    figure: 'payments_captured',
    facts: 'select tenant_id, captured_at, amount_minor, currency from payment',
    isMoney: true,
  },
  PaymentFailed: { figure: 'payments_failed', facts: EVENTS },
  PaymentRefunded: {
    figure: 'payments_refunded',
    facts: `
      select payment.tenant_id, refund.refunded_at, refund.amount_minor, payment.currency
      from refund join payment on payment.id = refund.payment_id`,
    isMoney: true,
  },
  PerformanceChargeCreated: {
    figure: 'performance_charges',
    facts: 'select tenant_id, occurred_at, amount_minor, currency from performance_charge',
    isMoney: true,
  },
  QuoteApproved: { figure: 'quotes_approved', facts: ofTicket('approved_at from quote') },
  QuoteSent: { figure: 'quotes_sent', facts: ofTicket('sent_at from quote') },
  ReviewCreated: { figure: 'reviews_created', facts: 'select tenant_id, created_at from review' },
  SubscriptionStarted: {
    figure: 'subscriptions_started', facts: 'select tenant_id, created_at from tenant_subscription',
  },
  TenantAttributed: { figure: 'tenants_attributed', facts: 'select tenant_id, created_at from attribution' },
  TenantCreated: { figure: 'tenants_created', facts: 'select id, created_at from tenant' },
  TenantVerified: { figure: 'tenants_verified', facts: 'select id, verified_at from tenant' },
  TicketAssigned: { figure: 'tickets_assigned', facts: EVENTS },
  TicketClosed: { figure: 'tickets_closed', facts: 'select tenant_id, closed_at from ticket' },
  TicketCreated: { figure: 'tickets_created', facts: 'select tenant_id, created_at from ticket' },
  WhatsAppClicked: {
    figure: 'whatsapp_clicks', facts: `${ofListing('at from listing_visit')} where kind = 'whatsapp-click'`,
  },
});

/** The figure of each event type that is counted. */
export const figureOf: ReadonlyMap<string, string> = new Map(
  Object.entries(FIGURES).map(([type, { figure }]) => [type, figure]),
);

/** What is held against the facts in one piece: figures that stand in the same place. */
export interface FactSource {
  readonly name: string;
  readonly types: readonly string[];
  readonly figures: readonly string[];
  readonly isEvents: boolean;
  /** Selects figure, tenant_id, at, minor and currency; of events those from an id on. */
  facts(fromId: string): string;
}

/** Events as facts: what they count for, and their amounts. */
export function eventFacts(types: readonly string[], from: string): string {
  const cases = types.map((type) => `when '${type}' then '${figureOf.get(type)}'`).join(' ');
  const money = types.filter((type) => FIGURES[type]?.isMoney).map((type) => `'${type}'`);
  const amount = (key: string) => money.length === 0
    ? 'null'
    : `case when event_type in (${money.join(', ')}) then payload_json #>> '{amount,${key}}' end`;
  return `
    select case event_type ${cases} end as figure, tenant_id, occurred_at as at,
           (${amount('minor')})::bigint as minor, (${amount('currency')})::text as currency
    from ${from}
    where event_type in (${types.map((type) => `'${type}'`).join(', ')})
  `;
}

const standsIn = (place: (facts: string) => boolean) => Object.entries(FIGURES).filter(([, { facts }]) => place(facts));
const eventTypes = standsIn((facts) => facts === EVENTS).map(([type]) => type);

/** Every figure once, by where it stands. */
export const factSources: readonly FactSource[] = Object.freeze([
  ...standsIn((facts) => facts !== EVENTS).map(([type, { figure, facts, isMoney }]) => ({
    name: figure,
    types: [type],
    figures: [figure],
    isEvents: false,
    facts: () => `select '${figure}', fact.* ${isMoney ? '' : ', null::bigint, null::text'} from (${facts}) as fact`,
  })),
  {
    name: EVENTS,
    types: eventTypes,
    figures: eventTypes.map((type) => figureOf.get(type) ?? ''),
    isEvents: true,
    facts: (fromId: string) => eventFacts(eventTypes, `(select * from outbox_event where id >= '${fromId}') as event`),
  },
]);
