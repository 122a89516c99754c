import {
  compareRanked, componentsOf, DEMAND, demandOf, type ListingFacts, PENALTY, RESPONSE, scoreOf, type TenantFacts,
  TICKETS,
} from '../../src/domain/ranking.ts';
import type { Sql } from '../../src/platform/postgres.ts';
import type { Comparison } from './check.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * Makes the current ranking again of the facts, read row by row, as of its time, and holds every position and every score
 * against it. What keeps no history (reputations, what is hidden, where branches are) must not have changed since.
 */
export async function checkRanking(sql: Sql): Promise<Comparison[]> {
  const [current] = await sql<{ generation: Date }[]>`
    select generation from ranking_generation where completed_at is not null order by generation desc limit 1
  `;
  if (current === undefined) return [];
  const kept = await sql<Place[]>`
    select zone, position, listing_id as "listingId", score from ranking where generation = ${current.generation}
  `;
  const made = await rankAgain(sql, current.generation);
  return [
    compare('ranking positions', { kept, made }, ({ zone, position, listingId }) => `${zone} ${position} ${listingId}`),
    compare('ranking scores', { kept, made }, ({ listingId, score }) => `${listingId} ${score}`),
  ];
}

interface Place {
  readonly zone: string;
  readonly position: number;
  readonly listingId: string;
  readonly score: number;
}

function compare(
  figure: string,
  { kept, made }: { readonly kept: readonly Place[]; readonly made: readonly Place[] },
  sayOf: (place: Place) => string,
): Comparison {
  const expected = new Set(made.map(sayOf));
  const wrong = kept.filter((place) => !expected.delete(sayOf(place)));
  return { figure, compared: Math.max(kept.length, made.length), differences: Math.max(wrong.length, expected.size) };
}

/** Every zone's ranking by the rule alone. */
async function rankAgain(sql: Sql, asOf: Date): Promise<Place[]> {
  const tenants = await readTenants(sql, asOf);
  const demands = await readDemands(sql, asOf);
  const flags = await readFlags(sql, asOf);
  const listings = await sql<{ id: string; tenantId: string; zone: string; status: string; publishedAt: Date }[]>`
    select id, tenant_id as "tenantId", zone, status, published_at as "publishedAt" from listing
  `;
  const zones = new Map<string, Omit<Place, 'position'>[]>();
  for (const { id: listingId, tenantId, zone, status, publishedAt } of listings) {
    const tenant = tenants.get(tenantId);
    if (status !== 'visible' || publishedAt > asOf || tenant === undefined) continue;
    const facts = { demand: demands.get(listingId) ?? 0, ...(flags.get(listingId) ?? UNFLAGGED) };
    const ranked = { zone, listingId, score: scoreOf(componentsOf(tenant, facts)) };
    zones.set(zone, [...(zones.get(zone) ?? []), ranked]);
  }
  return [...zones.values()].flatMap((zone) =>
    zone.toSorted(compareRanked).map((place, index) => ({ ...place, position: index + 1 })),
  );
}

/** Whether a moment is one of the days before an instant; the instant is, the first moment is not. */
const isLately = (at: Date | null, asOf: Date, days: number): at is Date =>
  at !== null && at <= asOf && at.getTime() > asOf.getTime() - days * DAY_MS;

interface Reputed {
  readonly id: string;
  readonly score: number | null;
  readonly reviews: number | null;
  readonly verifiedReviews: number | null;
}

/** What is known of every verified tenant. */
async function readTenants(sql: Sql, asOf: Date): Promise<Map<string, TenantFacts>> {
  const tenants = await sql<Reputed[]>`
    select id, score, reviews, verified_reviews as "verifiedReviews"
    from tenant left join tenant_reputation on tenant_id = id
    where status = 'verified' and verified_at <= ${asOf}
  `;
  const leads = await readResponses(sql, asOf);
  const tickets = await sql<{ tenantId: string; outcome: string | null; closedAt: Date | null }[]>`
    select tenant_id as "tenantId", outcome, closed_at as "closedAt" from ticket
  `;
  const disputes = await sql<{ tenantId: string; status: string; openedAt: Date; resolvedAt: Date | null }[]>`
    select tenant_id as "tenantId", status, opened_at as "openedAt", resolved_at as "resolvedAt" from dispute
  `;
  const listings = await sql<{ tenantId: string; status: string }[]>`
    select tenant_id as "tenantId", status from listing
  `;
  const isCompleted = ({ outcome, closedAt }: (typeof tickets)[number]) =>
    outcome === 'completed' && isLately(closedAt, asOf, TICKETS.days);
  const isOpen = ({ openedAt, resolvedAt }: (typeof disputes)[number]) =>
    openedAt <= asOf && (resolvedAt === null || resolvedAt > asOf);
  const isLost = ({ status, resolvedAt }: (typeof disputes)[number]) =>
    status === 'won' && isLately(resolvedAt, asOf, PENALTY.days);
  return new Map(tenants.map(({ id, score, reviews, verifiedReviews }) => {
    const isIts = ({ tenantId }: { readonly tenantId: string }) => tenantId === id;
    const contested = disputes.filter(isIts);
    const offered = listings.filter(isIts);
    return [id, {
      reputation: score, reviews: reviews ?? 0, verifiedReviews: verifiedReviews ?? 0,
      ...responseOf(leads.get(id) ?? []),
      completedTickets: tickets.filter(isIts).filter(isCompleted).length,
      openDisputes: contested.filter(isOpen).length,
      lostDisputes: contested.filter(isLost).length,
      hiddenListings: offered.filter(({ status }) => status === 'hidden').length,
      bannedListings: offered.filter(({ status }) => status === 'banned').length,
    }];
  }));
}

/** Of each tenant's leads how many seconds one waited for a response; null for one that was left waiting. */
async function readResponses(sql: Sql, asOf: Date): Promise<Map<string, (number | null)[]>> {
  const leads = await sql<{ tenantId: string; createdAt: Date; firstResponseAt: Date | null }[]>`
    select tenant_id as "tenantId", created_at as "createdAt", first_response_at as "firstResponseAt" from lead
  `;
  const waits = new Map<string, (number | null)[]>();
  for (const { tenantId, createdAt, firstResponseAt } of leads) {
    if (!isLately(createdAt, asOf, RESPONSE.days)) continue;
    const isAnswered = firstResponseAt !== null && firstResponseAt <= asOf;
    if (!isAnswered && createdAt.getTime() > asOf.getTime() - RESPONSE.patienceHours * HOUR_MS) continue;
    const wait = isAnswered ? Math.max(0, (firstResponseAt.getTime() - createdAt.getTime()) / 1_000) : null;
    waits.set(tenantId, [...(waits.get(tenantId) ?? []), wait]);
  }
  return waits;
}

type Response = Pick<TenantFacts, 'answered' | 'medianResponseSeconds' | 'unanswered'>;

function responseOf(waits: readonly (number | null)[]): Response {
  const sorted = waits.filter((wait) => wait !== null).toSorted((one, other) => one - other);
  const medianResponseSeconds = sorted[Math.ceil(sorted.length / 2) - 1] ?? null;
  return { answered: sorted.length, medianResponseSeconds, unanswered: waits.length - sorted.length };
}

async function readDemands(sql: Sql, asOf: Date): Promise<Map<string, number>> {
  const visits = await sql<{ listingId: string; kind: 'view' | 'whatsapp-click'; at: Date }[]>`
    select listing_id as "listingId", kind, at from listing_visit
  `;
  const demands = new Map<string, number>();
  for (const { listingId, kind, at } of visits) {
    if (!isLately(at, asOf, DEMAND.days)) continue;
    const worth = demandOf(kind, (asOf.getTime() - at.getTime()) / 1_000);
    demands.set(listingId, (demands.get(listingId) ?? 0) + worth);
  }
  return demands;
}

type Flags = Omit<ListingFacts, 'demand'>;
const UNFLAGGED: Flags = { userFlags: 0, operatorFlags: 0 };

async function readFlags(sql: Sql, asOf: Date): Promise<Map<string, Flags>> {
  const rows = await sql<{ listingId: string; flaggedBy: string; createdAt: Date }[]>`
    select listing_id as "listingId", flagged_by as "flaggedBy", created_at as "createdAt" from listing_flag
  `;
  const flags = new Map<string, Flags>();
  for (const { listingId, flaggedBy, createdAt } of rows) {
    if (!isLately(createdAt, asOf, PENALTY.days)) continue;
    const known = flags.get(listingId) ?? UNFLAGGED;
    const which = flaggedBy === 'user' ? 'userFlags' : 'operatorFlags';
    flags.set(listingId, { ...known, [which]: known[which] + 1 });
  }
  return flags;
}
