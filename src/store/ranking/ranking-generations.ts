import type { Sql, Tx } from '../../platform/postgres.ts';
import { scoresSql } from './ranking-scores.ts';

const STATEMENT_TIMEOUT_MS = 300_000; // a million listings take some ten seconds
const WORK_MEM = '64MB';
const KEPT = 2;

const partition = (generation: Date) => `ranking_${generation.getTime()}`;
const scores = (generation: Date) => `${partition(generation)}_scores`;
const literal = (generation: Date) => `timestamptz '${generation.toISOString()}'`;

/** Whether a ranking of that time or a later one is there for all to see. */
export async function isRanked(sql: Sql, generation: Date): Promise<boolean> {
  const rows = await sql`
    select from ranking_generation where generation >= ${generation} and completed_at is not null limit 1
  `;
  return rows.length > 0;
}

/**
 * Begins a generation: scores every listing at one instant, so that a listing whose branch moves meanwhile is in one
 * zone only, and divides the zones into parts.
 */
export async function beginGeneration(tx: Tx, generation: Date, parts: number): Promise<void> {
  await allowLongStatements(tx);
  await tx`insert into ranking_generation (generation) values (${generation}) on conflict do nothing`;
  await tx.unsafe(`drop table if exists ${partition(generation)}, ${scores(generation)}`);
  await tx.unsafe(`
    create table ${scores(generation)} with (autovacuum_enabled = false) as
    select scored.*, (hashtext(zone) & 2147483647) % ${parts} as part from (${scoresSql(generation)}) as scored
  `);
  await tx.unsafe(`
    create table ${partition(generation)} (
      like ranking including defaults including constraints,
      constraint ranking_of_generation check (generation = ${literal(generation)})
    ) with (autovacuum_enabled = false)
  `);
}

/** Orders the zones of one part. */
export async function orderZones(tx: Tx, generation: Date, part: number): Promise<void> {
  await allowLongStatements(tx);
  await tx.unsafe(`
    insert into ${partition(generation)} (
      generation, zone, position, listing_id, tenant_id, category, score,
      reputation, response_time, closed_tickets, verification, demand, penalty
    )
    select ${literal(generation)}, zone, row_number() over (partition by zone order by score desc, listing_id),
           listing_id, tenant_id, category, score,
           reputation, response_time, closed_tickets, verification, demand, penalty
    from ${scores(generation)}
    where part = ${part}
  `);
}

/**
 * Shows a generation to everybody in one step, and drops all but the last two. Readers wait for that step, and never
 * plan for a set of generations that is not the one they then read.
 */
export async function publishGeneration(tx: Tx, generation: Date): Promise<void> {
  const name = partition(generation);
  await allowLongStatements(tx);
  await tx.unsafe(`
    alter table ${name} add constraint ${name}_pkey primary key (generation, zone, position);
    create index ${name}_in_category on ${name} (zone, category, position);
    create index ${name}_of_tenant on ${name} (tenant_id, zone, position);
    analyze ${name};
    lock table ranking in access exclusive mode;
    alter table ranking attach partition ${name} for values in (${literal(generation)});
    drop table ${scores(generation)}
  `);
  await tx`update ranking_generation set completed_at = clock_timestamp() where generation = ${generation}`;
  const old = await tx<{ generation: Date }[]>`
    delete from ranking_generation
    where generation < ${generation} and generation not in (
      select generation from ranking_generation where completed_at is not null order by generation desc limit ${KEPT}
    )
    returning generation
  `;
  const tables = old.flatMap((each) => [partition(each.generation), scores(each.generation)]);
  if (tables.length > 0) await tx.unsafe(`drop table if exists ${tables.join(', ')}`);
}

async function allowLongStatements(tx: Tx): Promise<void> {
  await tx`
    select set_config('statement_timeout', ${String(STATEMENT_TIMEOUT_MS)}, true),
           set_config('work_mem', ${WORK_MEM}, true)
  `;
}
