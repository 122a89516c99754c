import { PRIOR } from '../../domain/ranking/reputation.ts';
import type { Db, Tx } from '../../platform/postgres.ts';

/** What the public thinks of a tenant. */
export interface Reputation {
  readonly tenantId: string;
  /** 1 to 5. */
  readonly score: number;
  readonly reviews: number;
  readonly verifiedReviews: number;
}

/**
 * Holds the tenants' reputations until the transaction ends, so that what is read of their reviews from here on is
 * newer than anything anybody else has made of them. Gives the ids that are tenants'.
 */
export async function holdReputations(tx: Tx, tenantIds: readonly string[], now: Date): Promise<string[]> {
  const ids = [...new Set(tenantIds)].sort();
  await tx`
    insert into tenant_reputation (tenant_id, score, reviews, verified_reviews, updated_at)
    select id, ${PRIOR.mean}, 0, 0, ${now} from tenant where id = any(${ids}::uuid[]) order by id
    on conflict (tenant_id) do nothing
  `;
  const rows = await tx<{ id: string }[]>`
    select tenant_id as id from tenant_reputation where tenant_id = any(${ids}::uuid[]) order by tenant_id for update
  `;
  return rows.map(({ id }) => id);
}

/** Writes down reputations that are held. */
export async function saveReputations(tx: Tx, reputations: readonly Reputation[], now: Date): Promise<void> {
  await tx`
    update tenant_reputation reputation
    set score = made.score, reviews = made.reviews, verified_reviews = made.verified_reviews, updated_at = ${now}
    from unnest(
      ${reputations.map(({ tenantId }) => tenantId)}::uuid[],
      ${reputations.map(({ score }) => String(score))}::text[]::float8[],
      ${reputations.map(({ reviews }) => reviews)}::integer[],
      ${reputations.map(({ verifiedReviews }) => verifiedReviews)}::integer[]
    ) as made (tenant_id, score, reviews, verified_reviews)
    where reputation.tenant_id = made.tenant_id
  `;
}

/** What the public thinks of a tenant; what is thought of everybody at first, where nobody has judged it. */
export async function findReputation(db: Db, tenantId: string): Promise<Reputation | undefined> {
  const [reputation] = await db<Reputation[]>`
    select tenant.id as "tenantId", coalesce(score, ${PRIOR.mean}) as score, coalesce(reviews, 0) as reviews,
           coalesce(verified_reviews, 0) as "verifiedReviews"
    from tenant
    left join tenant_reputation on tenant_id = tenant.id
    where tenant.id = ${tenantId}
  `;
  return reputation;
}
