import {
  compareRanked, componentsOf, DEMAND, demandOf, type ListingFacts, PENALTY, RESPONSE, scoreOf, type TenantFacts,
  TICKETS,
} from '../../src/domain/ranking/ranking.ts';
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
  const disputes = await sql<{ tenantId: string; status: string; resolvedAt: Date | null }[]>`
    select tenant_id as "tenantId", status, resolved_at as "resolvedAt" from dispute
  `;
  const listings = await sql<{ tenantId: string; status: string }[]>`
    select tenant_id as "tenantId", status from listing
  `;
  const isCompleted = ({ outcome, closedAt }: (typeof tickets)[number]) =>
    outcome === 'completed' && isLately(closedAt, asOf, TICKETS.days);
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
      lostDisputes: contested.filter(isLost).length,
      hiddenListings: offered.filter(({ status }) => status === 'hidden').length,
      bannedListings: offered.filter(({ status }) => status === 'banned').length,
    }];
  }));
}

interface Lead {
  readonly tenantId: string;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly firstResponseAt: Date | null;
}

/** Seconds that the first lead of each person waited at each tenant; null for one that was left waiting. */
async function readResponses(sql: Sql, asOf: Date): Promise<Map<string, (number | null)[]>> {
  const waits = new Map<string, (number | null)[]>();
  for (const { tenantId, createdAt, firstResponseAt } of (await readFirstLeads(sql, asOf)).values()) {
    const isAnswered = firstResponseAt !== null && firstResponseAt <= asOf;
    if (!isAnswered && createdAt.getTime() > asOf.getTime() - RESPONSE.patienceHours * HOUR_MS) continue;
    const wait = isAnswered ? Math.max(0, (firstResponseAt.getTime() - createdAt.getTime()) / 1_000) : null;
    waits.set(tenantId, [...(waits.get(tenantId) ?? []), wait]);
  }
  return waits;
}

/** The first lead of each customer at each tenant; none of people who worked for the tenant then. */
async function readFirstLeads(sql: Sql, asOf: Date): Promise<Map<string, Lead>> {
  const leads = await sql<Lead[]>`
    select tenant_id as "tenantId", created_by as "createdBy", created_at as "createdAt", first_response_at as "firstResponseAt"
    from lead order by created_at, id
  `;
  const members = await sql<{ tenantId: string; userId: string; joinedAt: Date; removedAt: Date | null }[]>`
    select tenant_id as "tenantId", user_id as "userId", joined_at as "joinedAt", removed_at as "removedAt" from tenant_member
  `;
  const first = new Map<string, Lead>();
  for (const lead of leads) {
    const { tenantId, createdBy, createdAt } = lead;
    const isOwn = members.some((member) => member.tenantId === tenantId && member.userId === createdBy
      && member.joinedAt <= createdAt && (member.removedAt === null || member.removedAt > createdAt));
    const key = `${tenantId} ${createdBy}`;
    if (isLately(createdAt, asOf, RESPONSE.days) && !isOwn && !first.has(key)) first.set(key, lead);
  }
  return first;
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
  const struck = await sql<{ listingId: string; occurredAt: Date; struckAt: Date }[]>`
    select listing_id as "listingId", occurred_at as "occurredAt", struck_at as "struckAt"
    from performance_charge where struck_at is not null
  `;
  const worthless = new Set(struck.filter(({ struckAt }) => struckAt <= asOf)
    .map(({ listingId, occurredAt }) => `${listingId} ${occurredAt.getTime()}`));
  const demands = new Map<string, number>();
  for (const { listingId, kind, at } of visits) {
    if (!isLately(at, asOf, DEMAND.days) || (kind === 'whatsapp-click' && worthless.has(`${listingId} ${at.getTime()}`))) continue;
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
