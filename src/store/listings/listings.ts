import type { Flag, Listing } from '../../domain/listings/listing.ts';
import type { Db, Tx } from '../../platform/postgres.ts';

/** Adds a new listing. */
export async function insertListing(tx: Tx, listing: Listing): Promise<void> {
  await tx`
    insert into listing (id, tenant_id, branch_id, zone, title, category, status, published_at)
    values (
      ${listing.id}, ${listing.tenantId}, ${listing.branchId}, ${listing.zone}, ${listing.title}, ${listing.category},
      ${listing.status}, ${listing.publishedAt}
    )
  `;
}

/** The listing as committed. */
export async function findListing(db: Db, id: string): Promise<Listing | undefined> {
  const [listing] = await db<Listing[]>`select ${columns(db)} from listing where id = ${id}`;
  return listing;
}

/** The listing, held against other changes until the transaction ends. */
export async function findListingToChange(tx: Tx, id: string): Promise<Listing | undefined> {
  const [listing] = await tx<Listing[]>`select ${columns(tx)} from listing where id = ${id} for no key update`;
  return listing;
}

/** Writes down whether the public sees a listing. */
export async function saveListingStatus(tx: Tx, id: string, status: Listing['status']): Promise<void> {
  await tx`update listing set status = ${status} where id = ${id}`;
}

/** Adds a flag; false when the user has flagged the listing before. */
export async function insertFlag(tx: Tx, flag: Flag, now: Date): Promise<boolean> {
  const { count } = await tx`
    insert into listing_flag (listing_id, user_id, flagged_by, reason, created_at)
    values (${flag.listingId}, ${flag.userId}, ${flag.flaggedBy}, ${flag.reason}, ${now})
    on conflict (listing_id, user_id) do nothing
  `;
  return count === 1;
}

/** Finds the flag of one user. */
export async function findFlag(db: Db, listingId: string, userId: string): Promise<Omit<Flag, 'userId'> | undefined> {
  const [flag] = await db<Omit<Flag, 'userId'>[]>`
    select listing_id as "listingId", flagged_by as "flaggedBy", reason
    from listing_flag
    where listing_id = ${listingId} and user_id = ${userId}
  `;
  return flag;
}

const columns = (db: Db) => db`
  id, tenant_id as "tenantId", branch_id as "branchId", zone, title, category, status, published_at as "publishedAt"
`;
