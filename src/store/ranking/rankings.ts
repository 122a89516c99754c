import type { Components } from '../../domain/ranking/ranking.ts';
import type { Db } from '../../platform/postgres.ts';

/** What a page of a ranking begins after. */
export interface After<Position> {
  readonly generation: Date;
  readonly position: Position;
}

/** A listing's place. Scores are thousandths of a point, 0 to 1,000,000. */
export interface RankedListing {
  readonly position: number;
  readonly listingId: string;
  readonly tenantId: string;
  readonly title: string;
  readonly category: string;
  readonly score: number;
}

/** A part of one generation. */
export interface RankingPage<Entry> {
  readonly generation: Date;
  readonly entries: readonly Entry[];
}

export interface ZonePage {
  readonly zone: string;
  readonly category: string | undefined;
  readonly after: After<number> | undefined;
  readonly limit: number;
}

/**
 * A zone's ranking from the top, or after a place of a generation; undefined when there is none, or no longer. What was
 * hidden since is left out. One statement, so that it is all of one generation.
 */
export function readZone(
  db: Db,
  { zone, category, after, limit }: ZonePage,
): Promise<RankingPage<RankedListing> | undefined> {
  return page(db<(RankedListing & Generation)[]>`
    select generation.generation, entry.*
    from ranking_generation generation
    left join lateral (
      select ranked.position, ranked.listing_id as "listingId", ranked.tenant_id as "tenantId", listing.title,
             ranked.category, ranked.score
      from ranking ranked
      join listing on listing.id = ranked.listing_id and listing.status = 'visible'
      where ranked.generation = generation.generation
        and ranked.zone = ${zone}
        ${category === undefined ? db`` : db`and ranked.category = ${category}`}
        and ranked.position > ${after?.position ?? 0}
      order by ranked.position
      limit ${limit}
    ) as entry on true
    where generation.generation = ${asked(db, after)}
    order by entry.position
  `);
}

/** Where a tenant's listing stands, and why. */
export interface Standing extends Pick<RankedListing, 'position' | 'listingId' | 'category' | 'score'> {
  readonly zone: string;
  /** How many are ranked in the zone. */
  readonly outOf: number;
  readonly components: Components;
}

type StandingRow = Omit<Standing, 'components'> & Components;

export interface TenantPage {
  readonly tenantId: string;
  readonly after: After<Pick<Standing, 'zone' | 'position'>> | undefined;
  readonly limit: number;
}

/** Where a tenant's listings stand, by zone and position; undefined when there is no such ranking, or no longer. */
export async function readStandings(
  db: Db,
  { tenantId, after, limit }: TenantPage,
): Promise<RankingPage<Standing> | undefined> {
  const next = after?.position;
  const found = await page(db<(StandingRow & Generation)[]>`
    select generation.generation, entry.*
    from ranking_generation generation
    left join lateral (
      select ranked.zone, ranked.position, ranked.listing_id as "listingId", ranked.category, ranked.score,
             (
               select max(position) from ranking
               where ranking.generation = generation.generation and ranking.zone = ranked.zone
             ) as "outOf",
             ranked.reputation, ranked.response_time as "responseTime", ranked.closed_tickets as "closedTickets",
             ranked.verification, ranked.demand, ranked.penalty
      from ranking ranked
      where ranked.generation = generation.generation and ranked.tenant_id = ${tenantId}
        ${next === undefined ? db`` : db`and (ranked.zone, ranked.position) > (${next.zone}, ${next.position})`}
      order by ranked.zone, ranked.position
      limit ${limit}
    ) as entry on true
    where generation.generation = ${asked(db, after)}
    order by entry.zone, entry.position
  `);
  return found && { ...found, entries: found.entries.map(toStanding) };
}

interface Generation {
  readonly generation: Date;
}

/** The generation of the page before, or the current one; neither while it is being made. */
const asked = (db: Db, after: After<unknown> | undefined) => db`(
  select generation from ranking_generation
  where completed_at is not null ${after === undefined ? db`` : db`and generation = ${after.generation}`}
  order by generation desc
  limit 1
)`;

/** Of a generation without entries one row comes, which has nothing but the generation. */
async function page<Row extends { readonly position: number }>(
  rows: PromiseLike<readonly (Row & Generation)[]>,
): Promise<RankingPage<Row> | undefined> {
  const found = await rows;
  const [first] = found;
  const entries = found.filter(({ position }) => position !== null).map(({ generation: _, ...entry }) => entry as unknown as Row);
  return first && { generation: first.generation, entries };
}

function toStanding(row: StandingRow): Standing {
  const { reputation, demand, responseTime, closedTickets, verification, penalty, ...rest } = row;
  return { ...rest, components: { reputation, demand, responseTime, closedTickets, verification, penalty } };
}
