import { laterVisits, REPEAT_MS, type CountedVisit, type Visit } from '../../domain/listings/listing.ts';
import type { Db, Tx } from '../../platform/postgres.ts';

/** Reads the tenants of those listings that the public sees, by the listing's id. */
export async function readVisible(db: Db, listingIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const rows = await db<{ id: string; tenantId: string }[]>`
    select id, tenant_id as "tenantId" from listing where id = any(${[...new Set(listingIds)]}::uuid[]) and status = 'visible'
  `;
  return new Map(rows.map(({ id, tenantId }) => [id, tenantId]));
}

/**
 * Adds those visits that count and gives them back. One statement, and another one only where a visitor comes back to a
 * listing more than half an hour later within the same batch.
 */
export async function countVisits(tx: Tx, visits: readonly Visit[]): Promise<CountedVisit[]> {
  const all: CountedVisit[] = [];
  for (let open = visits; open.length > 0; ) {
    const counted = await countFirstOfEach(tx, open);
    all.push(...counted);
    open = laterVisits(open, counted);
  }
  return all;
}

/**
 * Of each visitor, listing and kind the earliest visit that is no repeat of the one counted last. A batch that counts
 * at the same time and has seen the same last one conflicts on `follows`: one of the two is the repeat.
 */
function countFirstOfEach(tx: Tx, visits: readonly Visit[]): Promise<CountedVisit[]> {
  return tx<CountedVisit[]>`
    with counted as (
      insert into listing_visit (listing_id, kind, visitor_hash, follows, at, ip_hash)
      select distinct on (visit.listing_id, visit.kind, visit.visitor_hash)
             visit.listing_id, visit.kind, visit.visitor_hash, coalesce(last.at, '-infinity'), visit.at, visit.ip_hash
      from unnest(
        ${visits.map(({ listingId }) => listingId)}::uuid[],
        ${visits.map(({ kind }) => kind)}::text[],
        ${visits.map(({ visitorHash }) => visitorHash)}::text[],
        ${visits.map(({ ipHash }) => ipHash)}::text[],
        ${visits.map(({ at }) => at.toISOString())}::timestamptz[]
      ) as visit (listing_id, kind, visitor_hash, ip_hash, at)
      left join lateral (
        select earlier.at
        from listing_visit earlier
        where earlier.listing_id = visit.listing_id and earlier.kind = visit.kind
          and earlier.visitor_hash = visit.visitor_hash
        order by earlier.follows desc
        limit 1
      ) as last on true
      where last.at is null or visit.at >= last.at + ${REPEAT_MS} * interval '1 millisecond'
      order by visit.listing_id, visit.kind, visit.visitor_hash, visit.at
      on conflict (listing_id, kind, visitor_hash, follows) do nothing
      returning listing_id, kind, visitor_hash, at, ip_hash
    )
    select counted.listing_id as "listingId", counted.kind, counted.visitor_hash as "visitorHash",
           counted.ip_hash as "ipHash", counted.at, listing.tenant_id as "tenantId", listing.zone
    from counted
    join listing on listing.id = counted.listing_id
  `;
}
