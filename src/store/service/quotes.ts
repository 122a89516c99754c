import type { Quote } from '../../domain/service/quote.ts';
import type { Db, Tx } from '../../platform/postgres.ts';

/** Adds a new quote in place of the one that awaited an answer. */
export async function insertQuote(tx: Tx, quote: Quote): Promise<void> {
  await tx`update quote set status = 'superseded' where ticket_id = ${quote.ticketId} and status = 'sent'`;
  await tx`
    insert into quote (id, ticket_id, lines, currency, total_minor, valid_until, status, sent_at)
    values (
      ${quote.id}, ${quote.ticketId}, ${JSON.stringify(quote.lines)}::text::jsonb, ${quote.currency},
      ${quote.totalMinor}::bigint, ${quote.validUntil}, ${quote.status}, ${quote.sentAt}
    )
  `;
}

/** The quote; under its ticket's lock it does not change. */
export async function findQuote(db: Db, id: string): Promise<Quote | undefined> {
  const [quote] = await db<Quote[]>`select ${columns(db)} from quote where id = ${id}`;
  return quote;
}

/** A ticket's quotes, newest first; a hundred at most. */
export async function listQuotes(db: Db, ticketId: string): Promise<Quote[]> {
  return db<Quote[]>`select ${columns(db)} from quote where ticket_id = ${ticketId} order by id desc limit 100`;
}

/** Writes down that a quote was approved. */
export async function saveApproval(tx: Tx, { id, status, approvedAt }: Quote): Promise<void> {
  await tx`update quote set status = ${status}, approved_at = ${approvedAt} where id = ${id}`;
}

/** Whether the customer approved a quote for the ticket. */
export async function hasApprovedQuote(db: Db, ticketId: string): Promise<boolean> {
  const rows = await db`select from quote where ticket_id = ${ticketId} and status = 'approved' and total_minor > 0 limit 1`;
  return rows.length === 1;
}

const columns = (db: Db) => db`
  id, ticket_id as "ticketId", lines, currency, total_minor::float8 as "totalMinor", valid_until as "validUntil",
  status, sent_at as "sentAt", approved_at as "approvedAt"
`;
