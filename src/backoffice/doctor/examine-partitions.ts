import type { Sql } from '../../platform/postgres.ts';
import { type Finding, fine, problem, warning } from '../../platform/finding.ts';

const DAYS_AHEAD = 2;

/** Looks for days that are not made yet, and for rows that are in none. */
export async function examinePartitions(sql: Sql): Promise<readonly Finding[]> {
  const [found] = await sql<[{ ahead: number; stray: boolean }]>`
    select coalesce(max(to_date(right(relid::regclass::text, 8), 'YYYYMMDD')) - (clock_timestamp() at time zone 'UTC')::date, -1) as ahead,
           exists (select from outbox_event_default) or exists (select from consumed_event_default) as stray
    from pg_partition_tree('outbox_event')
    where isleaf and relid::regclass::text ~ '^outbox_event_[0-9]{8}$'
  `;
  return [
    found.ahead >= DAYS_AHEAD
      ? fine('partitions ahead', `Days are made for the next ${found.ahead}.`)
      : problem('partitions ahead', `Days are made for the next ${Math.max(0, found.ahead)} only.`, 'See whether the job maintain-partitions runs, and run its last slot.'),
    found.stray
      ? warning('stray rows', 'There are rows outside every day: ids whose time is far off.', 'Look for a machine whose clock is wrong. The job maintain-partitions moves the rows to their days.')
      : fine('stray rows', 'Every row is in its day.'),
  ];
}
