import { assertSchema, SchemaMismatch } from '../../platform/migrate.ts';
import type { Sql } from '../../platform/postgres.ts';
import { type Finding, fine, problem, warning } from './finding.ts';

const LOWEST_VERSION = 16;
const SKEW_MS = 1_000;
const DAYS_AHEAD = 2;

/** Looks at what the database is: its version, its schema, its clock, whether it keeps what it says, and its days ahead. */
export async function examinePostgres(sql: Sql): Promise<readonly Finding[]> {
  const before = Date.now();
  const [server] = await sql<[Server]>`
    select current_setting('server_version_num')::integer / 10000 as version, clock_timestamp() as now,
           current_setting('fsync') = 'on' and current_setting('full_page_writes') = 'on' as "isDurable"
  `;
  const skewMs = server.now.getTime() - (before + Date.now()) / 2;
  return [
    server.version >= LOWEST_VERSION
      ? fine('postgresql version', `PostgreSQL ${server.version}`)
      : problem('postgresql version', `PostgreSQL ${server.version}`, `Use ${LOWEST_VERSION} or later.`),
    server.isDurable
      ? fine('postgresql durability', 'A commit is on disk.')
      : problem('postgresql durability', 'fsync or full_page_writes is off: a crash may lose or break what was committed.', 'Set both to on.'),
    Math.abs(skewMs) <= SKEW_MS
      ? fine('clock', `This machine’s clock and the database’s are ${Math.round(Math.abs(skewMs))} ms apart.`)
      : warning('clock', `This machine’s clock is ${Math.round(skewMs / 1_000)} s behind the database’s.`, 'Let both follow a time server. Slots and leases go by the database’s clock; delays of retries do not.'),
    await schema(sql),
    ...(await partitions(sql)),
  ];
}

interface Server {
  readonly version: number;
  readonly now: Date;
  readonly isDurable: boolean;
}

async function schema(sql: Sql): Promise<Finding> {
  try {
    await assertSchema(sql);
    return fine('schema', 'The database has exactly this release’s migrations.');
  } catch (error) {
    if (!(error instanceof SchemaMismatch)) throw error;
    return problem('schema', `${error.message}.`, 'Run the release process of the version that is deployed, or deploy the version that the database is at.');
  }
}

async function partitions(sql: Sql): Promise<readonly Finding[]> {
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
