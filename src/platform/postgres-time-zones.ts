import type { Sql } from './postgres.ts';

const UNKNOWN_ZONE = '22023'; // invalid_parameter_value

/** Returns true for a zone that PostgreSQL knows. Its list is not Node's: both depend on what is installed. */
export async function isPostgresTimeZone(sql: Sql, name: string): Promise<boolean> {
  try {
    await sql`select now() at time zone ${name}::text`;
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === UNKNOWN_ZONE) return false;
    throw error;
  }
}

/** @throws when PostgreSQL does not know a zone in which jobs run: each of their statements would fail. */
export async function assertJobTimeZones(sql: Sql, names: readonly string[]): Promise<void> {
  for (const name of new Set(names)) {
    if (!(await isPostgresTimeZone(sql, name))) throw new Error(`JOB_TIME_ZONE: PostgreSQL does not know the time zone ${name}`);
  }
}
