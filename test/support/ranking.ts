import { randomUUID } from 'node:crypto';
import { Registry } from 'prom-client';
import { v7 as uuidv7 } from 'uuid';
import { recalculateRanking } from '../../src/jobs/recalculate-ranking.ts';
import { runJob } from '../../src/kernel/jobs/run-job.ts';
import { jobMetrics } from '../../src/platform/job-metrics.ts';
import { openLog } from '../../src/platform/log.ts';
import type { Sql } from '../../src/platform/postgres.ts';
import { registerJobs } from '../../src/kernel/jobs/job-runs.ts';

const MINUTE_MS = 60_000;

/** Facts of a tenant for a ranking; times are minutes before the slot, negative ones after it. */
export interface TenantPlan {
  readonly verified?: number | null;
  readonly reputation?: { readonly score: number; readonly reviews: number; readonly verifiedReviews: number } | null;
  /** `by` numbers the people who wrote; without it each lead is of another one. */
  readonly leads?: readonly { readonly created: number; readonly waitedSeconds: number | null; readonly by?: number }[];
  /** Which of these people work for the tenant, from when until when. */
  readonly members?: readonly { readonly by: number; readonly joined: number; readonly removed?: number | null }[];
  readonly tickets?: readonly { readonly outcome: 'completed' | 'declined'; readonly closed: number }[];
  readonly disputes?: readonly {
    readonly opened: number;
    readonly resolved: number;
    readonly status: 'open' | 'won' | 'lost';
  }[];
  readonly listings: readonly ListingPlan[];
}

export interface ListingPlan {
  readonly zone: string;
  readonly category?: string;
  readonly status?: 'visible' | 'hidden' | 'banned';
  readonly published?: number;
  readonly visits?: readonly { readonly kind: 'view' | 'whatsapp-click'; readonly at: number; readonly struck?: number }[];
  readonly flags?: readonly { readonly by: 'user' | 'operator'; readonly at: number }[];
}

/** Writes facts as they would stand; each tenant's id and its listings' come back. */
export async function plant(sql: Sql, slot: Date, tenants: readonly TenantPlan[]) {
  const before = (minutes: number) => new Date(slot.getTime() - minutes * MINUTE_MS);
  const long = before(1_000_000);
  const rows: Record<string, Record<string, unknown>[]> = {};
  const add = (table: string, row: Record<string, unknown>) => void (rows[table] ??= []).push(row);
  const planted = tenants.map((plan) => {
    const tenant_id = randomUUID();
    const verified = plan.verified === undefined ? 500_000 : plan.verified;
    const evidence = { verified_by: tenant_id, evidence_kind: 'x', evidence_reference: 'x' };
    add('tenant', {
      id: tenant_id, owner_user_id: tenant_id, name: 'Taller', country: 'MX', currency: 'MXN', created_at: long,
      time_zone: 'America/Mexico_City', status: verified === null ? 'unverified' : 'verified',
      ...(verified === null ? {} : { ...evidence, verified_at: before(verified) }),
    });
    addStanding(add, { tenant_id, plan, before });
    const branches = new Map([...new Set(plan.listings.map(({ zone }) => zone))].map((zone) => [zone, randomUUID()]));
    for (const [zone, id] of branches) {
      add('branch', { id, tenant_id, zone, address: 'x', latitude: 0, longitude: 0, created_at: long, updated_at: long });
    }
    const listingIds = plan.listings.map((listing) =>
      addListing(add, { tenant_id, branch_id: branches.get(listing.zone), listing, before }),
    );
    return { tenantId: tenant_id, listingIds };
  });
  for (const table of TABLES) {
    for (const row of rows[table] ?? []) await sql`insert into ${sql(table)} ${sql(row)}`;
  }
  return planted;
}

const TABLES = [
  'tenant', 'tenant_member', 'tenant_reputation', 'branch', 'listing', 'lead', 'ticket', 'performance_charge', 'dispute', 'listing_visit',
  'listing_flag',
];

interface Planting {
  readonly tenant_id: string;
  before(minutes: number): Date;
}
type Add = (table: string, row: Record<string, unknown>) => void;

function addStanding(add: Add, { tenant_id, plan, before }: Planting & { readonly plan: TenantPlan }): void {
  const { reputation, leads = [], members = [], tickets = [], disputes = [] } = plan;
  const people = new Map<number, string>();
  const personOf = (by: number | undefined) => {
    const id = people.get(by ?? -1) ?? randomUUID();
    if (by !== undefined) people.set(by, id);
    return id;
  };
  for (const { by, joined, removed } of members) {
    const removed_at = removed == null ? null : before(removed);
    add('tenant_member', { tenant_id, user_id: personOf(by), role: 'member', joined_at: before(joined), removed_at });
  }
  if (reputation != null) {
    const { score, reviews, verifiedReviews: verified_reviews } = reputation;
    add('tenant_reputation', { tenant_id, score, reviews, verified_reviews, updated_at: before(0) });
  }
  for (const { created, waitedSeconds, by } of leads) {
    const created_at = before(created);
    add('lead', {
      id: uuidv7(), tenant_id, source: 'form', contact_name: 'x', contact_email: 'x@example.com',
      created_by: personOf(by), created_at,
      status: waitedSeconds === null ? 'new' : 'contacted',
      first_response_at: waitedSeconds === null ? null : new Date(created_at.getTime() + waitedSeconds * 1_000),
    });
  }
  for (const { outcome, closed } of tickets) {
    add('ticket', {
      id: uuidv7(), tenant_id, customer_user_id: tenant_id, subject: 'x', description: 'x', status: 'closed', outcome,
      created_at: before(closed + 60), closed_at: before(closed), closed_by: tenant_id,
    });
  }
  for (const { opened, resolved, status } of disputes) {
    const charge_id = uuidv7();
    const money = { amount_minor: 100, currency: 'MXN' };
    const charge = { id: charge_id, tenant_id, kind: 'closed-ticket', source_id: charge_id, ...money };
    add('performance_charge', { ...charge, occurred_at: before(opened) });
    add('dispute', {
      id: uuidv7(), tenant_id, charge_id, ...money, reason: 'x', status, opened_at: before(opened),
      ...(status === 'open' ? {} : { resolved_at: before(resolved), resolved_by: tenant_id }),
    });
  }
}

interface PlantedListing extends Planting {
  readonly branch_id: string | undefined;
  readonly listing: ListingPlan;
}

function addListing(add: Add, { tenant_id, branch_id, listing, before }: PlantedListing): string {
  const { zone, category = 'plumbing', status = 'visible', published = 500_000, visits = [], flags = [] } = listing;
  const id = uuidv7();
  add('listing', { id, tenant_id, branch_id, zone, title: 'x', category, status, published_at: before(published) });
  for (const { kind, at, struck } of visits) {
    const visitor_hash = randomUUID();
    add('listing_visit', { listing_id: id, kind, visitor_hash, follows: before(2_000_000), at: before(at), ip_hash: 'x' });
    if (struck === undefined) continue;
    add('performance_charge', {
      id: uuidv7(), tenant_id, kind: 'whatsapp-click', source_id: uuidv7(), amount_minor: 450, currency: 'MXN', listing_id: id,
      occurred_at: before(at), held_until: before(at - 2_880), struck_at: before(struck), struck_reason: 'click velocity',
    });
  }
  for (const { by, at } of flags) {
    add('listing_flag', { listing_id: id, user_id: randomUUID(), flagged_by: by, reason: 'x', created_at: before(at) });
  }
  return id;
}

/** The slots of rankings: so many quarters of an hour after one that is long past. */
export const slotOf = (number: number) => new Date(Date.UTC(2026, 2, 2, 12) + number * 15 * MINUTE_MS);

/** Runs a slot's ranking from where it stopped; it stops after a piece when `stopAfter` names it. */
export async function rank(sql: Sql, slot: Date, { stopAfter }: { readonly stopAfter?: string } = {}): Promise<void> {
  const { name } = recalculateRanking;
  await registerJobs(sql, [name]);
  await sql`update job set planned_until = '2999-01-01' where name = ${name}`;
  await sql`insert into job_run (job_name, scheduled_for) values (${name}, ${slot}) on conflict do nothing`;
  const stop = new AbortController();
  await runJob(recalculateRanking, {
    sql, ports: {}, log: openLog({ process: 'test', level: 'silent' }), metrics: jobMetrics(new Registry()),
    worker: 'test', leaseMs: 30_000, stop: stop.signal, onProgress: (chunk) => chunk === stopAfter && stop.abort(),
  });
}

interface Place {
  readonly generation: Date;
  readonly zone: string;
  readonly position: number;
  readonly listingId: string;
  readonly score: number;
}

/** Every place there is, of all generations. */
export const readPlaces = (sql: Sql) => sql<Place[]>`
  select generation, zone, position, listing_id as "listingId", score from ranking order by generation, zone, position
`;
