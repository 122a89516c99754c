import type { Tally } from '../../domain/ranking/reputation.ts';
import type { Review } from '../../domain/service/review.ts';
import type { Db, Tx } from '../../platform/postgres.ts';

/** Adds a review; false when its ticket has one. */
export async function insertReview(tx: Tx, review: Review): Promise<boolean> {
  const { count } = await tx`
    insert into review (id, ticket_id, tenant_id, author_user_id, rating, text, verified, status, created_at)
    values (
      ${review.id}, ${review.ticketId}, ${review.tenantId}, ${review.authorUserId}, ${review.rating}, ${review.text},
      ${review.verified}, ${review.status}, ${review.createdAt}
    )
    on conflict (ticket_id) do nothing
  `;
  return count === 1;
}

/** The review, held against other changes until the transaction ends. */
export async function findReviewToChange(tx: Tx, id: string): Promise<Review | undefined> {
  const [review] = await tx<Review[]>`
    select id, ticket_id as "ticketId", tenant_id as "tenantId", author_user_id as "authorUserId", rating, text,
           verified, status, created_at as "createdAt"
    from review
    where id = ${id}
    for no key update
  `;
  return review;
}

/** Writes down whether the public sees a review. */
export async function saveReviewStatus(tx: Tx, id: string, status: Review['status']): Promise<void> {
  await tx`update review set status = ${status} where id = ${id}`;
}

/** What the public sees of a review. */
export type ShownReview = Pick<Review, 'id' | 'rating' | 'text' | 'verified' | 'createdAt'>;

export interface ReviewPage {
  readonly tenantId: string;
  /** The id that ended the page before. */
  readonly before: string | undefined;
  readonly limit: number;
}

/** Finds a review that the public sees. */
export async function findShownReview(db: Db, id: string): Promise<ShownReview | undefined> {
  const [review] = await db<ShownReview[]>`
    select id, rating, text, verified, created_at as "createdAt" from review where id = ${id} and status = 'visible'
  `;
  return review;
}

/** What the public sees of a tenant's reviews, newest first. */
export async function listReviews(db: Db, { tenantId, before, limit }: ReviewPage): Promise<ShownReview[]> {
  return db<ShownReview[]>`
    select id, rating, text, verified, created_at as "createdAt"
    from review
    where tenant_id = ${tenantId} and status = 'visible' ${before === undefined ? db`` : db`and id < ${before}`}
    order by id desc
    limit ${limit}
  `;
}

/** What each tenant's visible reviews come to; without any it is zeros. */
export async function readTallies(db: Db, tenantIds: readonly string[]): Promise<(Tally & { tenantId: string })[]> {
  return db<(Tally & { tenantId: string })[]>`
    select asked.tenant_id                                                          as "tenantId",
           count(review.id)::integer                                                as reviews,
           coalesce(sum(review.rating), 0)::float8                                  as stars,
           count(review.id) filter (where review.verified)::integer                 as "verifiedReviews",
           coalesce(sum(review.rating) filter (where review.verified), 0)::float8   as "verifiedStars"
    from unnest(${[...tenantIds]}::uuid[]) as asked (tenant_id)
    left join review on review.tenant_id = asked.tenant_id and review.status = 'visible'
    group by asked.tenant_id
  `;
}
