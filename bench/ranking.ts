import { recalculateRanking } from '../src/jobs/recalculate-ranking.ts';
import type { Tx } from '../src/platform/postgres.ts';
import { transaction } from '../src/platform/transaction.ts';
import { scoresSql } from '../src/store/ranking/ranking-scores.ts';
import { growth, type Measure, median, ratio, SMALLER } from './measure.ts';
import { runSlot } from './run-slot.ts';
import { openWorld, seconds, type Servers, type World } from './world.ts';

const LISTINGS_PER_TENANT = 10;
const STEP = 100_000; // a statement has its time-out
const LONG_MS = 600_000;

export interface RankingSize {
  readonly listings: number;
  readonly zones: number;
  readonly rounds: number;
}

/**
 * Listings ranked per second by the job, against one statement that scores and numbers them all and the same indexes; and
 * how the job's time grows from a tenth of the listings, against n·log n.
 */
export async function measureRanking(
  servers: Servers,
  { listings, zones, rounds }: RankingSize,
): Promise<readonly Measure[]> {
  const world = await openWorld(servers, []);
  const small = await openWorld(servers, []);
  await fill(world, listings, zones);
  await fill(small, listings / SMALLER, zones);
  const [ours, bare, tenth]: [number[], number[], number[]] = [[], [], []];
  let peak = 0;
  for (let round = 0; round <= rounds; round += 1) {
    const slot = new Date(Math.floor(Date.now() / 60_000) * 60_000 + (round - rounds - 1) * 60_000);
    const few = await runSlot(small, recalculateRanking, slot);
    const baseline = await seconds(() => rankBare(world, slot));
    const all = await runSlot(world, recalculateRanking, slot);
    peak = Math.max(peak, all.peakBytes);
    if (round === 0) continue;
    ours.push(all.took);
    bare.push(baseline);
    tenth.push(few.took);
  }
  await small.close();
  await world.close();
  const count = listings.toLocaleString('en');
  console.log(`ranking of ${count} listings: ${median(ours).toFixed(1)} s, peak RSS ${Math.ceil(peak / 2 ** 20)} MB`);
  return [
    ratio({
      name: `ranking of ${count} listings in ${zones} zones, against bare SQL`, unit: 'listings/s',
      ours: listings / median(ours), baseline: listings / median(bare), bound: { atLeast: 0.5 },
    }),
    growth('ranking', { count: listings, took: median(ours), tenth: median(tenth) }),
  ];
}

/** The same ranking and indexes in one go: no generations, no pieces, no ledger. */
async function rankBare({ sql }: World, slot: Date): Promise<void> {
  await inOneGo(sql, async (tx) => {
    await tx.unsafe(`
      create table bench_ranking as
      select scored.*, row_number() over (partition by zone order by score desc, listing_id) as position
      from (${scoresSql(slot)}) as scored;
      alter table bench_ranking add primary key (zone, position);
      create index on bench_ranking (zone, category, position);
      create index on bench_ranking (tenant_id, zone, position)
    `);
  });
  await sql`drop table bench_ranking`;
}

/** Tenants, their listings in the zones, two months' leads and visits, four months' tickets, reputations and flags. */
async function fill({ sql }: World, listings: number, zones: number): Promise<void> {
  const tenants = Math.ceil(listings / LISTINGS_PER_TENANT);
  await inOneGo(sql, (tx) => tx.unsafe(tenantsSql(tenants, zones)));
  for (let from = 0; from < listings; from += STEP) {
    await inOneGo(sql, (tx) => tx.unsafe(listingsSql(from, Math.min(from + STEP, listings), zones)));
  }
  await sql.unsafe('analyze tenant, tenant_reputation, branch, listing, lead, ticket, listing_visit, listing_flag');
}

const id = (group: string, number: string) => `('0196f3a2-0000-7000-${group}-' || lpad(to_hex(${number}), 12, '0'))::uuid`;
const [tenant, branch, listing] = [id('8000', 'n'), id('9000', 'n'), id('a000', 'l')];
const ago = (days: number) => `now() - random() * interval '${days} days'`;

const tenantsSql = (tenants: number, zones: number) => `
  insert into tenant (
    id, owner_user_id, name, country, currency, time_zone, created_at,
    status, evidence_kind, evidence_reference, verified_by, verified_at
  )
  select ${tenant}, ${tenant}, 'Taller', 'MX', 'MXN', 'America/Mexico_City', now() - interval '99 days',
         'verified', 'x', 'x', ${tenant}, now() - interval '90 days'
  from generate_series(1, ${tenants}) as n;
  insert into branch (id, tenant_id, zone, address, latitude, longitude, created_at, updated_at)
  select ${branch}, ${tenant}, 'zone-' || n % ${zones}, 'x', 0, 0, now(), now()
  from generate_series(1, ${tenants}) as n;
  insert into tenant_reputation (tenant_id, score, reviews, verified_reviews, updated_at)
  select ${tenant}, 1 + round((random() * 4)::numeric, 3), 10, (random() * 10)::integer, now()
  from generate_series(1, ${tenants}) as n
  where n % 3 > 0;
  insert into lead (
    id, tenant_id, source, contact_name, contact_email, created_by, created_at, status, first_response_at
  )
  select gen_random_uuid(), ${tenant}, 'form', 'x', 'x@example.com', ${tenant}, created,
         'contacted', created + random() * interval '1 day'
  from generate_series(1, ${tenants}) as n
  cross join generate_series(1, 3)
  cross join lateral (select ${ago(60)} as created where n > 0) as times;
  insert into ticket (
    id, tenant_id, customer_user_id, subject, description, created_at, status, outcome, closed_at, closed_by
  )
  select gen_random_uuid(), ${tenant}, ${tenant}, 'x', 'x', now() - interval '120 days',
         'closed', 'completed', ${ago(120)}, ${tenant}
  from generate_series(1, ${tenants}) as n
  cross join generate_series(1, 3)
`;

function listingsSql(from: number, until: number, zones: number): string {
  const numbers = `
    generate_series(${from}, ${until - 1}) as l
    cross join lateral (select l / ${LISTINGS_PER_TENANT} + 1 as n) as its_tenant
  `;
  return `
    insert into listing (id, tenant_id, branch_id, zone, title, category, published_at)
    select ${listing}, ${tenant}, ${branch}, 'zone-' || n % ${zones}, 'x', 'category-' || l % 12,
           now() - interval '60 days'
    from ${numbers};
    insert into listing_visit (listing_id, kind, visitor_hash, follows, at, ip_hash)
    select ${listing}, case when random() < 0.1 then 'whatsapp-click' else 'view' end, 'visitor-' || visitor,
           '-infinity', ${ago(60)}, 'x'
    from ${numbers}
    cross join generate_series(1, 2) as visitor;
    insert into listing_flag (listing_id, user_id, flagged_by, reason, created_at)
    select ${listing}, ${tenant}, 'user', 'x', now() from ${numbers} where l % 100 = 0
  `;
}

/** One transaction that may take its time, with the memory that the job's statements have. */
function inOneGo(sql: World['sql'], work: (tx: Tx) => Promise<unknown>): Promise<void> {
  return transaction(sql, async (tx) => {
    await tx`select set_config('statement_timeout', ${String(LONG_MS)}, true), set_config('work_mem', '64MB', true)`;
    await work(tx);
  }, { timeoutMs: LONG_MS });
}
