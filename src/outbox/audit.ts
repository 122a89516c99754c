import type { Db, Sql, Tx } from '../platform/postgres.ts';
import { lowestId } from './partitions.ts';
import { recordRepublication } from './republication.ts';
import { LATE_COMMIT_MS } from './subscriptions.ts';
import { insertWaiting, type WaitingDelivery } from './waiting.ts';

const DAY_MS = 86_400_000;
const AUDITED_AT_ONCE = 10_000; // events

/** A range of event ids: after the first, up to and with the last. */
interface Range {
  readonly after: string;
  readonly upTo: string;
}

/**
 * Audits what a consumer is owed of the events since the last audit, up to five minutes ago, for until then something
 * may commit late. What is in no place waits. Returns how many; each event is read once.
 */
export async function auditNew(sql: Sql, consumer: string): Promise<number> {
  const range = await nextRange(sql, consumer);
  if (range === undefined) return 0;
  const missing = await requeueUnaccounted(sql, consumer, range);
  await sql`
    update consumer set verified_id = ${range.upTo} where name = ${consumer} and verified_id = ${range.after}
  `;
  return missing;
}

async function nextRange(sql: Sql, consumer: string): Promise<Range | undefined> {
  const [row] = await sql<{ after: string; upTo: string | null }[]>`
    select consumer.verified_id as after, (
      select max(id::text)::uuid from (
        select id from outbox_event
        where id > consumer.verified_id
          and id < least(${lowestId(new Date(Date.now() - LATE_COMMIT_MS))}, (select id from pending_event order by id limit 1))
        order by id limit ${AUDITED_AT_ONCE}
      ) as next
    ) as "upTo"
    from consumer where name = ${consumer}
  `;
  return row?.upTo == null ? undefined : { after: row.after, upTo: row.upTo };
}

/** Days of a consumer that the nightly audit has to read. */
export interface AuditedDays {
  readonly consumer: string;
  /** Days by their first instant, oldest first. */
  readonly days: readonly Date[];
}

/** Lists every consumer and the days whose deliveries were not all settled when they were last audited. */
export async function listDaysToAudit(sql: Sql): Promise<readonly AuditedDays[]> {
  const rows = await sql<{ consumer: string; oldest: Date | null; audited: string[] }[]>`
    select name as consumer, (select created_at from outbox_event order by id limit 1) as oldest,
           array(select day::text from audited_day where consumer_name = name) as audited
    from consumer order by name
  `;
  const last = Math.floor((Date.now() - LATE_COMMIT_MS) / DAY_MS);
  return rows.map(({ consumer, oldest, audited }) => {
    const first = Math.floor((oldest?.getTime() ?? Date.now()) / DAY_MS);
    const days = Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => new Date((first + index) * DAY_MS));
    const done = new Set(audited);
    return { consumer, days: days.filter((day) => !done.has(day.toISOString().slice(0, 10))) };
  });
}

/**
 * Audits a day of a consumer: what is in no place waits. Returns how many, which should be 0. A past day whose every
 * delivery is consumed or discarded is remembered and not read again.
 */
export async function auditDay(tx: Tx, consumer: string, day: Date): Promise<number> {
  const end = new Date(day.getTime() + DAY_MS);
  const range = { after: lowestId(day), upTo: lowestId(new Date(Math.min(end.getTime(), Date.now() - LATE_COMMIT_MS))) };
  const missing = await requeueUnaccounted(tx, consumer, range);
  const isPast = end.getTime() < Date.now() - LATE_COMMIT_MS;
  if (isPast && missing === 0) {
    await tx`
      insert into audited_day (consumer_name, day)
      select ${consumer}, ${day.toISOString().slice(0, 10)}::date
      where not exists (select from (${openDeliveries(tx, consumer, range)}) as open)
      on conflict do nothing
    `;
  }
  return missing;
}

/** Owed deliveries of a range that are neither consumed nor discarded. */
const openDeliveries = (db: Db, consumer: string, { after, upTo }: Range) => db`
  select owed.*
  from owed_delivery owed
  where owed.consumer_name = ${consumer} and owed.event_id > ${after} and owed.event_id <= ${upTo}
    and not exists (
      select from consumed_event consumed
      where consumed.consumer_name = ${consumer} and consumed.event_id = owed.event_id
        and consumed.event_id > ${after} and consumed.event_id <= ${upTo}
    )
    and not exists (
      select from dead_letter dead
      where dead.consumer_name = ${consumer} and dead.event_id = owed.event_id and dead.resolution = 'discarded'
    )
`;

/** Lets the open deliveries of published events wait that are in no place: not dead, not waiting, in no batch. */
async function requeueUnaccounted(db: Db, consumer: string, range: Range): Promise<number> {
  const rows = await db<Pick<WaitingDelivery, 'eventId' | 'eventType' | 'lane' | 'tenantId'>[]>`
    select event_id as "eventId", event_type as "eventType", lane, tenant_id as "tenantId"
    from (${openDeliveries(db, consumer, range)}) as open
    where status = 'published'
      and not exists (
        select from dead_letter dead
        where dead.consumer_name = ${consumer} and dead.event_id = open.event_id and dead.resolution is distinct from 'retried'
      )
      and not exists (
        select from waiting_delivery waiting where waiting.consumer_name = ${consumer} and waiting.event_id = open.event_id
      )
      and not exists (
        select from queued_batch batch where batch.consumer_name = ${consumer} and open.event_id = any (batch.event_ids)
      )
  `;
  await insertWaiting(db, rows.map((row) => ({ ...row, consumer, reason: 'missing', delayMs: 0 })));
  await recordRepublication(db, consumer, rows.map(({ eventId }) => eventId), 'missing');
  return rows.length;
}
