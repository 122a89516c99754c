import { reviewCreated } from '../../events/review-created.ts';
import type { NewEvent } from '../../events/contract/event.ts';
import { IllegalTransition } from '../illegal-transition.ts';
import type { Visibility } from '../listings/moderation.ts';
import type { Ticket } from './ticket.ts';

/** A customer's judgement of a ticket. */
export interface Review {
  readonly id: string;
  readonly ticketId: string;
  readonly tenantId: string;
  readonly authorUserId: string;
  /** Stars, 1 to 5. */
  readonly rating: number;
  readonly text: string;
  /** Whether the customer had approved a quote for the ticket. */
  readonly verified: boolean;
  readonly status: Visibility;
  readonly createdAt: Date;
}

/**
 * The customer judges a ticket.
 * @throws {IllegalTransition} unless the ticket's work was completed.
 */
export function writeReview(
  ticket: Ticket,
  input: Pick<Review, 'id' | 'rating' | 'text' | 'verified'>,
  now: Date,
): { readonly review: Review; readonly events: readonly NewEvent[] } {
  if (ticket.outcome !== 'completed') {
    throw new IllegalTransition(`The ticket is ${ticket.outcome ?? ticket.status}. A review needs it completed.`);
  }
  const { id: ticketId, tenantId, customerUserId: authorUserId } = ticket;
  const { id: reviewId, rating, verified } = input;
  const created = reviewCreated({
    tenantId,
    actorUserId: authorUserId,
    occurredAt: now,
    payload: { reviewId, ticketId, tenantId, authorUserId, rating, verified },
  });
  const review: Review = { ...input, ticketId, tenantId, authorUserId, status: 'visible', createdAt: now };
  return { review, events: [created] };
}
