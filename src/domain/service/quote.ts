import { quoteApproved } from '../../events/quote-approved.ts';
import { quoteSent } from '../../events/quote-sent.ts';
import type { NewEvent } from '../../events/contract/event.ts';
import { take, type Machine } from '../machine.ts';
import type { Tenant } from '../tenants/tenant.ts';
import { advance, type Ticket, type TicketDecision } from './ticket.ts';

/** What a quote says of one part of the work. */
export interface QuoteLine {
  readonly description: string;
  readonly quantity: number;
  /** In minor units of the quote's currency. */
  readonly unitPriceMinor: number;
}

/** What a ticket will cost, and until when that holds. */
export interface Quote {
  readonly id: string;
  readonly ticketId: string;
  readonly lines: readonly QuoteLine[];
  /** ISO 4217. */
  readonly currency: string;
  readonly totalMinor: number;
  readonly validUntil: Date;
  /** `expired` is said of one that was sent and whose time is over; no row has it. */
  readonly status: QuoteStatus;
  readonly sentAt: Date;
  readonly approvedAt: Date | null;
}

export type QuoteStatus = 'sent' | 'superseded' | 'expired' | 'approved';

/** A quote's way: a later one supersedes it, time expires it, its customer approves it once. */
export const quoteMachine: Machine<QuoteStatus, 'approve'> = Object.freeze({
  sent: { approve: 'approved' },
  superseded: {},
  expired: {},
  approved: {},
});

/** The most that a quote can come to; beyond, a sum could lose its last digits. */
export const MAX_TOTAL_MINOR = 1_000_000_000_000_000;

/** What the lines come to, in minor units; inexact beyond `MAX_TOTAL_MINOR`. */
export const totalOf = (lines: readonly QuoteLine[]) =>
  lines.reduce((total, { quantity, unitPriceMinor }) => total + quantity * unitPriceMinor, 0);

/** The quote as it stands at a time. */
export const asOf = (quote: Quote, now: Date): Quote =>
  quote.status === 'sent' && quote.validUntil <= now ? { ...quote, status: 'expired' } : quote;

export interface QuoteDecision extends TicketDecision {
  readonly quote: Quote;
}

export interface NewQuote extends Pick<Quote, 'id' | 'lines' | 'currency' | 'validUntil'> {
  readonly tenant: Tenant;
  readonly actorUserId: string;
}

/**
 * A tenant says what a ticket will cost; a quote that was sent before no longer counts.
 * @throws {IllegalTransition} when the ticket's status does not allow it.
 */
export function sendQuote(ticket: Ticket, { tenant, actorUserId, ...input }: NewQuote, now: Date): QuoteDecision {
  const advanced = advance(ticket, 'quote');
  const { id: ticketId, tenantId, customerUserId, subject } = ticket;
  const { id: quoteId, lines, currency, validUntil } = input;
  const totalMinor = totalOf(lines);
  const quote: Quote = { ...input, ticketId, totalMinor, status: 'sent', sentAt: now, approvedAt: null };
  const total = { minor: totalMinor, currency };
  const sent = quoteSent({
    tenantId,
    actorUserId,
    occurredAt: now,
    payload: {
      quoteId, ticketId, customerUserId, tenantName: tenant.name, subject, total, validUntil: validUntil.toISOString(),
    },
  });
  return { quote, ticket: advanced, events: [sent] };
}

/**
 * The customer accepts a quote.
 * @throws {IllegalTransition} when the quote no longer counts, or the ticket's status does not allow it.
 */
export function approveQuote(
  quote: Quote,
  { ticket, tenant }: { readonly ticket: Ticket; readonly tenant: Tenant },
  now: Date,
): QuoteDecision {
  const status = take(quoteMachine, 'approve', { thing: 'quote', state: asOf(quote, now).status });
  const advanced = advance(ticket, 'approve');
  const { id: ticketId, tenantId, customerUserId, subject } = ticket;
  const assigneeUserId = ticket.assigneeUserId ?? undefined;
  const { ownerUserId: tenantOwnerUserId, name: tenantName } = tenant;
  const total = { minor: quote.totalMinor, currency: quote.currency };
  const approved: NewEvent = quoteApproved({
    tenantId,
    actorUserId: customerUserId,
    occurredAt: now,
    payload: { quoteId: quote.id, ticketId, customerUserId, tenantOwnerUserId, assigneeUserId, tenantName, subject, total },
  });
  return { quote: { ...quote, status, approvedAt: now }, ticket: advanced, events: [approved] };
}
