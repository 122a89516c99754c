import { lowestId } from '../../outbox/partitions.ts';
import type { Db } from '../../platform/postgres.ts';

/** A notification that leaves within this time has not waited. */
const WAITED_MS = 60_000;

/**
 * Makes the expression that gives the reason why what a notification `n` tells is no longer true, and null while it is
 * true. It asks for those that waited: held, tried before, or of an event that is older than a minute.
 */
export const outdated = (db: Db) => db`
  case when n.reason is not null or n.attempts > 0 or n.event_id < ${lowestId(new Date(Date.now() - WAITED_MS))}
  then (
    select case n.template
      when 'quote-sent'      then ${quoteEnd(db)}
      when 'lead-unanswered' then ${leadEnd(db)}
      when 'ticket-assigned' then ${assignmentEnd(db)}
      when 'ticket-created'  then ${ticketEnd(db)}
      when 'payment-failed'  then ${failureEnd(db)}
    end
    from outbox_event event where event.id = n.event_id
  ) end
`;

const quoteEnd = (db: Db) => db`(
  select case
    when quote.status = 'superseded' then 'a later quote superseded it'
    when quote.status = 'approved' then 'the quote was approved'
    when quote.valid_until <= clock_timestamp() then 'the quote expired'
    when ticket.status = 'closed' then 'the ticket was closed'
  end
  from quote join ticket on ticket.id = quote.ticket_id
  where quote.id = (event.payload_json ->> 'quoteId')::uuid
)`;

const leadEnd = (db: Db) => db`(
  select 'the lead waits no longer' from lead
  where lead.id = (event.payload_json ->> 'leadId')::uuid and lead.status <> 'new'
)`;

const assignmentEnd = (db: Db) => db`(
  select case
    when ticket.status = 'closed' then 'the ticket was closed'
    when ticket.assigned_at > event.occurred_at then 'the ticket was assigned again'
  end
  from ticket where ticket.id = (event.payload_json ->> 'ticketId')::uuid
)`;

const ticketEnd = (db: Db) => db`(
  select 'the ticket was closed' from ticket
  where ticket.id = (event.payload_json ->> 'ticketId')::uuid and ticket.status = 'closed'
)`;

const failureEnd = (db: Db) => db`(
  select 'the payment was captured' from payment
  where payment.id = (event.payload_json ->> 'paymentId')::uuid and payment.status = 'captured'
)`;
