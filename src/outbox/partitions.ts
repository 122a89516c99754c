import type { Db, Sql, Tx } from '../platform/postgres.ts';
import { transaction } from '../platform/transaction.ts';

const DAY_MS = 86_400_000;
const DAYS_AHEAD = 7;
const DAYS_KEPT = 30;
const LOCK = 4_817_305_230;
const PARTITIONED = [
  { table: 'outbox_event', key: 'id', fillfactor: 50 },
  { table: 'consumed_event', key: 'event_id', fillfactor: 100 },
] as const;

/** The smallest UUIDv7 of an instant: the bound between two days, and the place in the outbox of a time. */
export function lowestId(instant: Date): string {
  const hex = instant.getTime().toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}

/**
 * Makes the days ahead and drops those whose retention has passed and whose every delivery is consumed or resolved.
 * Safe to run at any time and in many processes at once; the names of dropped partitions come back.
 */
export function maintainPartitions(sql: Sql, now: Date): Promise<readonly string[]> {
  return transaction(sql, async (tx) => {
    const [lock] = await tx<{ held: boolean }[]>`select pg_try_advisory_xact_lock(${LOCK}) as held`;
    if (lock?.held !== true) return [];
    const today = Math.floor(now.getTime() / DAY_MS);
    for (const options of PARTITIONED) {
      for (let day = today - 1; day <= today + DAYS_AHEAD; day += 1) await tx.unsafe(createDay(options, day));
    }
    const dropped: string[] = [];
    for (const day of await pastDays(tx, today - DAYS_KEPT)) {
      if (!(await isSettled(tx, day))) continue;
      for (const { table } of PARTITIONED) {
        await tx.unsafe(`drop table if exists ${partition(table, day)}`);
        dropped.push(partition(table, day));
      }
      await tx`delete from audited_day where day <= ${dateOf(day)}::date`;
    }
    return dropped;
  });
}

/** The first day of which it is known what was consumed; undefined where there are no days. */
export async function oldestProvenDay(db: Db): Promise<Date | undefined> {
  const [row] = await db<{ day: Date | null }[]>`
    select min(to_date(right(relid::regclass::text, 8), 'YYYYMMDD'))::timestamp at time zone 'UTC' as day
    from pg_partition_tree('consumed_event')
    where isleaf and relid::regclass::text ~ '^consumed_event_[0-9]{8}$'
  `;
  return row?.day ?? undefined;
}

const ANALYZE_TIMEOUT_MS = 300_000;

/** Counts what is in all days together: PostgreSQL keeps statistics of each day by itself, but not of the whole. */
export function analyzePartitions(sql: Sql): Promise<void> {
  const tables = PARTITIONED.map(({ table }) => table).join(', ');
  return transaction(
    sql,
    async (tx) => {
      await tx`select set_config('statement_timeout', ${String(ANALYZE_TIMEOUT_MS)}, true)`;
      await tx.unsafe(`analyze ${tables}`);
    },
    { timeoutMs: ANALYZE_TIMEOUT_MS },
  );
}

const dateOf = (day: number) => new Date(day * DAY_MS).toISOString().slice(0, 10);
const partition = (table: string, day: number) => `${table}_${dateOf(day).replaceAll('-', '')}`;
const bound = (day: number) => lowestId(new Date(day * DAY_MS));

/** Rows that came before their day was made wait in the default partition; they move with it. */
function createDay({ table, key, fillfactor }: (typeof PARTITIONED)[number], day: number): string {
  const name = partition(table, day);
  const [from, to] = [bound(day), bound(day + 1)];
  return `
    do $$
    begin
      if to_regclass('${name}') is not null then return; end if;
      create table ${name} (like ${table} including defaults including constraints)
        with (fillfactor = ${fillfactor}, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);
      with early as (
        delete from ${table}_default where ${key} >= '${from}' and ${key} < '${to}' returning *
      )
      insert into ${name} select * from early;
      alter table ${table} attach partition ${name} for values from ('${from}') to ('${to}');
    end
    $$
  `;
}

async function pastDays(tx: Tx, before: number): Promise<number[]> {
  const rows = await tx<{ name: string }[]>`
    select relid::regclass::text as name
    from pg_partition_tree('outbox_event')
    where isleaf and relid::regclass::text ~ '^outbox_event_[0-9]{8}$'
  `;
  return rows
    .map(({ name }) => Date.parse(name.replace(/^.*_(\d{4})(\d\d)(\d\d)$/, '$1-$2-$3T00:00:00Z')) / DAY_MS)
    .filter((day) => day < before)
    .sort((a, b) => a - b);
}

/** Whether every event of a day is published and every delivery of it consumed or dead and resolved. */
async function isSettled(tx: Tx, day: number): Promise<boolean> {
  const [row] = await tx<{ open: boolean }[]>`
    select exists (
      select from outbox_event event
      where event.id >= ${bound(day)} and event.id < ${bound(day + 1)}
        and (
          event.status <> 'published'
          or exists (
            select from subscription
            where subscription.event_type = event.event_type
              and subscription.subscribed_at <= event.created_at
              and (subscription.unsubscribed_at is null or subscription.unsubscribed_at > event.created_at)
              and not exists (
                select from consumed_event consumed
                where consumed.consumer_name = subscription.consumer_name and consumed.event_id = event.id
              )
              and not exists (
                select from dead_letter dead
                where dead.consumer_name = subscription.consumer_name and dead.event_id = event.id
                  and dead.resolution = 'discarded'
              )
          )
        )
    ) as open
  `;
  return row?.open === false;
}
