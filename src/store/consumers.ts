import type { Sql } from '../platform/postgres.ts';

/** The names of every consumer that a release has registered, sorted. */
export async function listConsumers(sql: Sql): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`select name from consumer order by name`;
  return rows.map(({ name }) => name);
}
