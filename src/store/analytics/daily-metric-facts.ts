import { countedTypes, type CountedType, dailyFigures } from '../../domain/analytics/daily-figures.ts';

/** No table keeps each occurrence (a row says how a thing stands, not each step on its way): the events are the facts. */
const EVENTS = 'the events';

/** Where the figure of an event type stands: the rows that say the same. */
interface Place {
  /** Columns tenant_id, at and, where it is about money, minor and currency. */
  readonly facts: string;
  /** Whether amounts are summed as well, by currency. */
  readonly isMoney?: true;
}

const ofTicket = (columns: string) => `select ticket.tenant_id, ${columns} join ticket on ticket.id = ticket_id`;
const ofListing = (columns: string) => `select listing.tenant_id, ${columns} join listing on listing.id = listing_id`;

const PLACES: Readonly<Record<CountedType, Place>> = Object.freeze({
  AppointmentCancelled: { facts: ofTicket('cancelled_at from appointment') },
  AppointmentScheduled: { facts: EVENTS },
  BranchUpdated: { facts: EVENTS },
  ChargeDisputed: { facts: 'select tenant_id, opened_at from dispute' },
  CommissionCalculated: { facts: EVENTS, isMoney: true },
  DisputeResolved: { facts: 'select tenant_id, resolved_at from dispute' },
  LeadCreated: { facts: 'select tenant_id, created_at from lead' },
  LeadStatusChanged: { facts: EVENTS },
  ListingFlagged: { facts: ofListing('listing_flag.created_at from listing_flag') },
  ListingPublished: { facts: 'select tenant_id, published_at from listing' },
  ListingViewed: { facts: `${ofListing('at from listing_visit')} where kind = 'view'` },
  ModerationActionTaken: { facts: EVENTS },
  PaymentCaptured: { facts: 'select tenant_id, captured_at, amount_minor, currency from payment', isMoney: true },
  PaymentFailed: { facts: EVENTS },
  PaymentRefunded: {
    facts: `
      select payment.tenant_id, refund.refunded_at, refund.amount_minor, payment.currency
      from refund join payment on payment.id = refund.payment_id`,
    isMoney: true,
  },
  PerformanceChargeCreated: {
    facts: 'select tenant_id, occurred_at, amount_minor, currency from performance_charge',
    isMoney: true,
  },
  QuoteApproved: { facts: ofTicket('approved_at from quote') },
  QuoteSent: { facts: ofTicket('sent_at from quote') },
  ReviewCreated: { facts: 'select tenant_id, created_at from review' },
  SubscriptionStarted: { facts: 'select tenant_id, created_at from tenant_subscription' },
  TenantAttributed: { facts: 'select tenant_id, created_at from attribution' },
  TenantCreated: { facts: 'select id, created_at from tenant' },
  TenantVerified: { facts: 'select id, verified_at from tenant' },
  TicketAssigned: { facts: EVENTS },
  TicketClosed: { facts: 'select tenant_id, closed_at from ticket' },
  TicketCreated: { facts: 'select tenant_id, created_at from ticket' },
  WhatsAppClicked: { facts: `${ofListing('at from listing_visit')} where kind = 'whatsapp-click'` },
});

/** What is held against the facts in one piece: figures that stand in the same place. */
export interface FactSource {
  readonly name: string;
  readonly types: readonly CountedType[];
  readonly figures: readonly string[];
  readonly isEvents: boolean;
  /** Selects figure, tenant_id, at, minor and currency; of events those from an id on. */
  facts(fromId: string): string;
}

/** Events as facts: what they count for, and their amounts. */
export function eventFacts(types: readonly CountedType[], from: string): string {
  const cases = types.map((type) => `when '${type}' then '${dailyFigures[type]}'`).join(' ');
  const money = types.filter((type) => PLACES[type].isMoney).map((type) => `'${type}'`);
  const amount = (key: string) => money.length === 0
    ? 'null'
    : `case when event_type in (${money.join(', ')}) then payload_json #>> '{amount,${key}}' end`;
  return `
    select case event_type ${cases} end as figure, tenant_id, occurred_at as at,
           case when ${amount('minor')} ~ '^-?[0-9]{1,18}$' then (${amount('minor')})::bigint end as minor, (${amount('currency')})::text as currency
    from ${from}
    where event_type in (${types.map((type) => `'${type}'`).join(', ')})
  `;
}

const isInEvents = (type: CountedType) => PLACES[type].facts === EVENTS;
const eventTypes = countedTypes.filter(isInEvents);

/** Every figure once, by where it stands. */
export const factSources: readonly FactSource[] = Object.freeze([
  ...countedTypes.filter((type) => !isInEvents(type)).map((type) => {
    const [figure, { facts, isMoney }] = [dailyFigures[type], PLACES[type]];
    return {
      name: figure,
      types: [type],
      figures: [figure],
      isEvents: false,
      facts: () => `select '${figure}', fact.* ${isMoney ? '' : ', null::bigint, null::text'} from (${facts}) as fact`,
    };
  }),
  {
    name: EVENTS,
    types: eventTypes,
    figures: eventTypes.map((type) => dailyFigures[type]),
    isEvents: true,
    facts: (fromId: string) => eventFacts(eventTypes, `(select * from outbox_event where id >= '${fromId}') as event`),
  },
]);
