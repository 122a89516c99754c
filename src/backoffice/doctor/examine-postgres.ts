import { ConfigError } from '../../platform/config-error.ts';
import { assertSchema, SchemaMismatch } from '../../platform/migrate.ts';
import type { Sql } from '../../platform/postgres.ts';
import { clockFinding } from './clock-finding.ts';
import { type Finding, fine, problem } from '../../platform/finding.ts';

const LOWEST_VERSION = 16;

/** Looks at what the database is: its version, its schema, its clock, and whether it keeps what it says. */
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
    clockFinding('clock', 'the database', skewMs),
    await schema(sql),
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
    if (error instanceof ConfigError) {
      return problem('limits', 'A pooler does not apply our time-outs.', `${error.message}.`);
    }
    if (!(error instanceof SchemaMismatch)) throw error;
    return problem('schema', `${error.message}.`, 'Run the release process of the version that is deployed, or deploy the version that the database is at.');
  }
}
