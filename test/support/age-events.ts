import { lowestId } from '../../src/outbox/partitions.ts';
import type { Sql } from '../../src/platform/postgres.ts';

const MINUTE_MS = 60_000;
const TIME_DIGITS = 13; // of a UUIDv7, with the first hyphen

/** Makes events that are pending look committed so many minutes ago, to consumers subscribed even then. Returns their new ids. */
export async function ageEvents(sql: Sql, ids: readonly string[], minutes: number): Promise<string[]> {
  const then = new Date(Date.now() - minutes * MINUTE_MS);
  const agedIds = ids.map((id) => lowestId(then).slice(0, TIME_DIGITS) + id.slice(TIME_DIGITS));
  for (const table of ['outbox_event', 'pending_event']) {
    await sql`
      update ${sql(table)} as event set id = aged.id
      from unnest(${[...ids]}::uuid[], ${agedIds}::uuid[]) as aged (before, id)
      where event.id = aged.before
    `;
  }
  await sql`update outbox_event set created_at = ${then} where id = any (${agedIds}::uuid[])`;
  await sql`update subscription set subscribed_at = least(subscribed_at, ${then})`;
  await sql`update consumer set verified_id = least(verified_id, ${lowestId(new Date(then.getTime() - MINUTE_MS))}::uuid)`;
  return agedIds;
}
