import type { Sql } from '../../platform/postgres.ts';
import { isPostgresTimeZone } from '../../platform/postgres-time-zones.ts';
import { unprocessable } from './problem.ts';

/** @throws {Problem} 422 for a zone that this server knows and its database does not. */
export async function assertTimeZone(sql: Sql, name: string): Promise<void> {
  if (!(await isPostgresTimeZone(sql, name)))
    throw unprocessable('/timeZone', 'must be an IANA time zone in use, such as America/Tijuana');
}
