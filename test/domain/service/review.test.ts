import { describe, expect, test } from 'vitest';
import { writeReview } from '../../../src/domain/service/review.ts';
import { id, now, ticket } from '../../support/facts.ts';

const words = { id: id(7), rating: 4, text: 'Llegaron a tiempo.', verified: true };

describe('a review', () => {
  test('is of a completed ticket, by its customer; its event leaves the text out', () => {
    const { review, events } = writeReview({ ...ticket, status: 'closed', outcome: 'completed' }, words, now);
    expect(review).toMatchObject({ authorUserId: ticket.customerUserId, status: 'visible', text: words.text });
    expect(events.map(({ payload }) => payload)).toEqual([
      {
        reviewId: id(7), ticketId: ticket.id, tenantId: ticket.tenantId, authorUserId: ticket.customerUserId,
        rating: 4, verified: true,
      },
    ]);
  });

  test.each([
    ['assigned', ticket],
    ['declined', { ...ticket, status: 'closed', outcome: 'declined' } as const],
    ['cancelled', { ...ticket, status: 'closed', outcome: 'cancelled' } as const],
  ])('can’t be of a ticket that is %s', (word, judged) => {
    expect(() => writeReview(judged, words, now)).toThrow(`The ticket is ${word}.`);
  });
});
