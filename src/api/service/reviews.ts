import { z } from '@hono/zod-openapi';
import { v7 as uuidv7 } from 'uuid';
import { IllegalTransition } from '../../domain/illegal-transition.ts';
import { writeReview, type Review } from '../../domain/service/review.ts';
import { findMember } from '../../store/tenants/members.ts';
import { hasApprovedQuote } from '../../store/service/quotes.ts';
import { findReputation } from '../../store/ranking/reputations.ts';
import { findShownReview, insertReview, listReviews } from '../../store/service/reviews.ts';
import { findTicketToChange } from '../../store/service/tickets.ts';
import { command } from '../http/command.ts';
import type { Api, ApiDeps } from '../http/context.ts';
import { cursor, limit, text, uuid } from '../http/fields.ts';
import { cutPage, endOf } from '../http/page.ts';
import { notFound, Problem } from '../http/problem.ts';
import { none, readRoute, writeRoute } from '../http/route.ts';

const reviewView = z
  .object({ id: uuid, rating: z.int(), text: z.string(), verified: z.boolean(), createdAt: z.iso.datetime() })
  .openapi('Review');

const write = writeRoute({
  path: '/tickets/{id}/reviews',
  id: 'createReview',
  summary: 'Create a review',
  description: 'The customer rates a completed ticket once, from 1 to 5.',
  params: z.object({ id: uuid }),
  body: z.strictObject({ rating: z.int().min(1).max(5), text: text(5_000) }),
  status: 201,
  location: '/reviews/{id}',
  answer: reviewView,
});

const show = readRoute({
  path: '/reviews/{id}',
  id: 'getReview',
  summary: 'Get a review',
  description: 'Published reviews only.',
  params: z.object({ id: uuid }),
  query: none,
  answer: reviewView,
});

const list = readRoute({
  path: '/tenants/{id}/reviews',
  id: 'listReviews',
  summary: 'List the reviews of a tenant',
  description: 'Published ones, newest first.',
  params: z.object({ id: uuid }),
  query: z.strictObject({ limit, cursor }),
  answer: z.object({ reviews: z.array(reviewView), nextCursor: z.string().nullable() }),
});

const reputation = readRoute({
  path: '/tenants/{id}/reputation',
  id: 'getReputation',
  summary: 'Get the reputation of a tenant',
  description: 'A score from 1 to 5. A tenant with few reviews stays close to the average of all tenants.',
  params: z.object({ id: uuid }),
  query: none,
  answer: z
    .object({ tenantId: uuid, score: z.number(), reviews: z.int(), verifiedReviews: z.int() })
    .openapi('Reputation'),
});

/** The paths of reviews and of what they come to. */
export function reviewRoutes(api: Api, deps: ApiDeps): void {
  api.openapi(write, (c) => {
    const { id } = c.req.valid('param');
    const input = c.req.valid('json');
    return command(c, deps, async ({ tx, caller, now, emit }) => {
      const ticket = await findTicketToChange(tx, id);
      if (ticket?.customerUserId !== caller.userId) throw notFound();
      if ((await findMember(tx, ticket.tenantId, caller.userId)) !== undefined) {
        throw new Problem(403, 'A member of a tenant cannot review it.');
      }
      const verified = await hasApprovedQuote(tx, id);
      const { review, events } = writeReview(ticket, { ...input, id: uuidv7(), verified }, now);
      const isFirst = await insertReview(tx, review);
      if (!isFirst) throw new IllegalTransition('The ticket has its review already.');
      emit(events);
      return { status: 201, body: toView(review) };
    });
  });

  api.openapi(show, async (c) => {
    const review = await findShownReview(deps.sql, c.req.valid('param').id);
    if (review === undefined) throw notFound();
    return c.json(review, 200);
  });

  api.openapi(list, async (c) => {
    const { id: tenantId } = c.req.valid('param');
    const { limit: size, cursor: given } = c.req.valid('query');
    const scope = `reviews of ${tenantId}`;
    const rows = await listReviews(deps.sql, { tenantId, before: endOf(scope, given), limit: size + 1 });
    const { page: reviews, nextCursor } = cutPage(rows, { scope, limit: size });
    return c.json({ reviews, nextCursor }, 200);
  });

  api.openapi(reputation, async (c) => {
    const found = await findReputation(deps.sql, c.req.valid('param').id);
    if (found === undefined) throw notFound();
    return c.json(found, 200);
  });
}

const toView = ({ id, rating, text: words, verified, createdAt }: Review) =>
  ({ id, rating, text: words, verified, createdAt });
