import type { Sql } from '../../src/platform/postgres.ts';

/** The event types that the marketplace was asked for; the others serve notifications and jobs. */
const ASKED_FOR = Object.freeze([
  'TenantCreated', 'TenantVerified', 'BranchUpdated', 'ListingPublished', 'ListingFlagged', 'ListingViewed',
  'WhatsAppClicked', 'TicketCreated', 'TicketAssigned', 'QuoteSent', 'QuoteApproved', 'TicketClosed', 'LeadCreated',
  'LeadStatusChanged', 'SubscriptionStarted', 'PaymentCaptured', 'PerformanceChargeCreated', 'ChargeDisputed',
  'TenantAttributed', 'CommissionCalculated', 'PayoutCycleClosed', 'ReviewCreated', 'ModerationActionTaken',
]);

/** Says that every type asked for happened and was consumed by whoever hears it; fails with those that did not. */
export async function everythingHappened(sql: Sql): Promise<string> {
  const rows = await sql<{ type: string; events: number; hearers: number; open: number }[]>`
    select event_type.name as type,
           (select count(*) from outbox_event event where event.event_type = event_type.name)::integer as events,
           (select count(*) from subscription where subscription.event_type = event_type.name)::integer as hearers,
           (
             select count(*) from outbox_event event join subscription using (event_type)
             where event.event_type = event_type.name
               and not exists (
                 select from consumed_event consumed
                 where consumed.consumer_name = subscription.consumer_name and consumed.event_id = event.id
               )
           )::integer as open
    from event_type
    where event_type.name = any(${[...ASKED_FOR]}::text[])
  `;
  const happened = new Set(rows.filter(({ events, hearers, open }) => events > 0 && hearers > 0 && open === 0).map(({ type }) => type));
  const missing = ASKED_FOR.filter((type) => !happened.has(type));
  if (missing.length > 0) throw new Error(`did not happen, or nobody reacted: ${missing.join(', ')}`);
  const events = rows.reduce((sum, row) => sum + row.events, 0);
  return `All ${ASKED_FOR.length} event types asked for happened and were reacted to: ${events} events.`;
}
