import { countedTypes, type CountedType } from '../../domain/analytics/daily-figures.ts';
import type { Period } from '../../kernel/jobs/schedule.ts';
import { lowestId } from '../../outbox/partitions.ts';
import { LATE_COMMIT_MS } from '../../outbox/subscriptions.ts';
import type { Sql, Tx } from '../../platform/postgres.ts';
import { eventFacts, type FactSource } from './daily-metric-facts.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const LONGEST_DAY_MS = 26 * HOUR_MS;
const ZONES_APART_MS = 15 * HOUR_MS;
const EVENTS_KEPT_DAYS = 28; // the outbox keeps thirty; days that may lack some can't be made of events again
const STATEMENT_TIMEOUT_MS = 300_000;

/** A tenant's day, `2026-11-24` in its zone, that an event of the type came late for. */
export interface LateDay {
  readonly type: CountedType;
  readonly tenantId: string;
  readonly day: string;
}

/** The days that had ended when the period began and of which events were committed in the period, or just before. */
export async function readLateDays(sql: Sql, { start, end }: Period): Promise<readonly LateDay[]> {
  const [from, until] = [lowestId(new Date(start.getTime() - HOUR_MS)), lowestId(new Date(end.getTime() + HOUR_MS))];
  return sql<LateDay[]>`
    select event.event_type as type, event.tenant_id as "tenantId", local.day::text as day
    from outbox_event event
    join tenant_zone tenant on tenant.tenant_id = event.tenant_id
    cross join lateral (select (event.occurred_at at time zone tenant.time_zone)::date as day) as local
    where event.id >= ${from} and event.id < ${until}
      and event.created_at > ${new Date(start.getTime() - LATE_COMMIT_MS)} and event.created_at <= ${end}
      and event.event_type = any(${[...countedTypes]}::text[])
      and local.day < (${start}::timestamptz at time zone tenant.time_zone)::date
      and local.day > ${end}::date - ${EVENTS_KEPT_DAYS}::integer
    group by 1, 2, 3
  `;
}

export interface Correction {
  readonly source: FactSource;
  /** Whose figures they are. */
  readonly consumer: string;
  readonly period: Period;
  readonly late: readonly LateDay[];
  readonly slot: Date;
}

/**
 * Holds the figures of one source against the facts, for every tenant's days that ended in the period and the late
 * ones, and corrects what differs; says how many did. An event that is committed and not yet consumed is in the facts
 * and not in the figure, so it is taken off the facts: facts and events commit together, a figure and its proofs do too,
 * and this is one statement, which sees both sides at one instant. It adds the difference, as the consumer adds its own,
 * so neither undoes the other.
 */
export async function correctFigures(tx: Tx, { source, consumer, period, late, slot }: Correction): Promise<number> {
  await tx`select set_config('statement_timeout', ${String(STATEMENT_TIMEOUT_MS)}, true)`;
  // Held, so that no operator's retry moves it back under the statement that follows.
  const [known] = await tx<{ verifiedId: string }[]>`
    select verified_id as "verifiedId" from consumer where name = ${consumer} for share
  `;
  const verified = known?.verifiedId ?? lowestId(new Date(0));
  const from = new Date(Math.min(
    period.start.getTime() - LONGEST_DAY_MS,
    ...late.map(({ day }) => Date.parse(day) - ZONES_APART_MS),
  ));
  const { count } = await tx`
    with due  as (${dueDays(tx, { source, period, late })}),
         owed as (${owedEvents(tx, consumer, verified)}),
         told as (${whatIsTold(tx, source, { start: from, end: period.end })}),
    found as (
      select due.tenant_id, due.day, line.metric, nearest_bigint(sum(line.value::numeric * told.sign)) as value
      from told
      join due on due.tenant_id = told.tenant_id and due.day = (told.at at time zone due.time_zone)::date
      cross join lateral (
        values (told.figure, 1::bigint), (told.figure || '_minor_' || lower(told.currency), told.minor)
      ) as line (metric, value)
      where line.value is not null
      group by 1, 2, 3
    ),
    kept as (
      select daily_metric.*
      from daily_metric
      join due using (tenant_id, day)
      where regexp_replace(metric, '_minor_[a-z]{3}$', '') = any(${[...source.figures]}::text[])
    ),
    difference as (
      select tenant_id, day, metric, coalesce(kept.value, 0) as kept, coalesce(found.value, 0) as found
      from kept
      full join found using (tenant_id, day, metric)
      where coalesce(kept.value, 0) <> coalesce(found.value, 0)
    ),
    ${correctAndRecord(tx, slot)}
  `;
  return count;
}

/** The last parts of the statement: what differs is added, and put on record; a second time in a slot, together. */
const correctAndRecord = (tx: Tx, slot: Date) => tx`
  corrected as (
    insert into daily_metric as known (tenant_id, day, metric, value)
    select tenant_id, day, metric, nearest_bigint(found::numeric - kept) from difference
    order by 1, 2, 3
    on conflict (tenant_id, day, metric) do update set value = nearest_bigint(known.value::numeric + excluded.value)
  )
  insert into daily_metric_difference as known (tenant_id, day, metric, slot, kept, found)
  select tenant_id, day, metric, ${slot}, kept, found from difference
  on conflict (tenant_id, day, metric, slot) do update set found = nearest_bigint(known.found::numeric + excluded.found - excluded.kept)
`;

/** The facts of a time, and with the opposite sign the events that are still owed. */
function whatIsTold(tx: Tx, source: FactSource, { start, end }: Period) {
  const facts = source.facts(lowestId(new Date(start.getTime() - DAY_MS))); // an event may be made before its time
  return tx`
    select fact.*, 1 as sign
    from (${tx.unsafe(facts)}) as fact (figure, tenant_id, at, minor, currency)
    where fact.at >= ${start} and fact.at < ${end}
    union all
    select owing.*, -1 from (${tx.unsafe(eventFacts(source.types, 'owed'))}) as owing
  `;
}

/** Each tenant's days that ended in the period, by its own clock, and the late ones. */
function dueDays(tx: Tx, { source, period, late }: Pick<Correction, 'source' | 'period' | 'late'>) {
  return tx`
    select tenant.tenant_id, tenant.time_zone, due.day
    from (
      select tenant.tenant_id, ended.first + passed as day
      from (
        select time_zone,
               (${period.start}::timestamptz at time zone time_zone)::date as first,
               (${period.end}::timestamptz at time zone time_zone)::date   as next
        from tenant_zone
        group by time_zone
      ) as ended
      cross join generate_series(0, ended.next - ended.first - 1) as passed
      join tenant_zone tenant on tenant.time_zone = ended.time_zone
      union
      select * from unnest(${late.map(({ tenantId }) => tenantId)}::uuid[], ${late.map(({ day }) => day)}::date[])
    ) as due
    join tenant_zone tenant on tenant.tenant_id = due.tenant_id
    ${source.isEvents ? tx`where due.day > current_date - ${EVENTS_KEPT_DAYS}::integer` : tx``}
  `;
}

/**
 * The events that the consumer has still to count: after its verified id whatever it has not consumed; up to there only
 * what the sweep passes over because an operator has to decide: dead letters, and events that could not be published.
 */
function owedEvents(tx: Tx, consumer: string, verified: string) {
  const isConsumed = tx`exists (
    select from consumed_event consumed where consumed.consumer_name = ${consumer} and consumed.event_id = event.id
  )`;
  return tx`
    select event.*
    from (
      select event.* from outbox_event event where event.id > ${verified} and not ${isConsumed}
      union all
      select event.* from outbox_event event where event.id <= ${verified} and event.status = 'failed'
      union all
      select event.*
      from dead_letter dead
      join outbox_event event on event.id = dead.event_id
      where dead.consumer_name = ${consumer} and event.id <= ${verified} and event.status <> 'failed'
        and not ${isConsumed}
    ) as event
    join subscription on subscription.consumer_name = ${consumer} and subscription.event_type = event.event_type
      and subscription.subscribed_at <= event.created_at
      and (subscription.unsubscribed_at is null or subscription.unsubscribed_at > event.created_at)
    where not exists (
      select from dead_letter dead
      where dead.consumer_name = ${consumer} and dead.event_id = event.id and dead.resolution = 'discarded'
    )
  `;
}
