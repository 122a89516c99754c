import { lowestId } from '../../outbox/partitions.ts';
import type { Sql } from '../../platform/postgres.ts';

const WINDOW_MS = 3_600_000;
/** A busy hour is told by its newest events: a page must not read them all. */
const MOST_EVENTS = 20_000;

/** What a consumer did with the events of the last hour. */
export interface ConsumerStanding {
  readonly consumer: string;
  /** Deliveries it was owed: consumed, dead, and what is left is open. */
  readonly owed: number;
  readonly consumed: number;
  readonly dead: number;
  /** From commit to consumption, in milliseconds; null where nothing was consumed. */
  readonly medianMs: number | null;
  readonly p99Ms: number | null;
  /** Deliveries that could be tried now: in PostgreSQL, and in batches. */
  readonly due: number;
  readonly queued: number;
  /** Deliveries whose time has yet to come. */
  readonly delayed: number;
  readonly oldestDueMs: number;
  /** Deliveries that failed and are tried again. */
  readonly failing: number;
  /** Dead letters that nobody has resolved, of any age. */
  readonly unresolved: number;
}

/** How each consumer stands, by the events of the last hour. */
export function readConsumers(sql: Sql): Promise<ConsumerStanding[]> {
  return sql<ConsumerStanding[]>`
    with recent as (
      select id, event_type, created_at from outbox_event
      where id >= ${hourAgo()} and status = 'published' order by id desc limit ${MOST_EVENTS}
    ), delivery as (
      select heard.consumer_name, recent.id, recent.created_at
      from recent join subscription heard on heard.event_type = recent.event_type
        and heard.subscribed_at <= recent.created_at
        and (heard.unsubscribed_at is null or heard.unsubscribed_at > recent.created_at)
    ), told as (
      select delivery.consumer_name, count(*)::integer as owed, count(consumed.event_id)::integer as consumed,
             count(dead.event_id)::integer as dead,
             percentile_cont(array[0.5, 0.99]) within group (
               order by extract(epoch from consumed.consumed_at - delivery.created_at) * 1000
             )::float8[] as ms
      from delivery
      left join consumed_event consumed on consumed.event_id >= ${hourAgo()}
        and consumed.consumer_name = delivery.consumer_name and consumed.event_id = delivery.id
      left join dead_letter dead on dead.consumer_name = delivery.consumer_name and dead.event_id = delivery.id
        and dead.resolution is distinct from 'retried' and consumed.event_id is null
      group by delivery.consumer_name
    )
    select consumer.name as consumer, coalesce(owed, 0) as owed, coalesce(consumed, 0) as consumed, coalesce(dead, 0) as dead,
           ms[1] as "medianMs", ms[2] as "p99Ms",
           (select count(*) from waiting_delivery where consumer_name = consumer.name and is_due)::integer as due,
           (select count(*) from waiting_delivery where consumer_name = consumer.name and not is_due)::integer as delayed,
           coalesce((
             select extract(epoch from clock_timestamp() - min(not_before)) * 1000
             from waiting_delivery where consumer_name = consumer.name and is_due
           ), 0)::float8 as "oldestDueMs",
           (select coalesce(sum(cardinality(event_ids)), 0) from queued_batch where consumer_name = consumer.name)::integer as queued,
           (select count(*) from delivery_failure failure where failure.consumer_name = consumer.name)::integer as failing,
           (select count(*) from dead_letter letter where letter.consumer_name = consumer.name and resolution is null)::integer as unresolved
    from consumer left join told on told.consumer_name = consumer.name
    order by consumer.name
  `;
}

/** One minute of the last hour. */
export interface Minute {
  readonly at: Date;
  readonly committed: number;
  readonly medianMs: number | null;
  readonly p99Ms: number | null;
}

/** The last hour by the minute in which events committed; minutes without any are absent. */
export function readMinutes(sql: Sql): Promise<Minute[]> {
  return sql<Minute[]>`
    with recent as (
      select id, created_at from outbox_event where id >= ${hourAgo()} order by id desc limit ${MOST_EVENTS}
    ), last_proof as (
      select event_id, max(consumed_at) as at from consumed_event join recent on recent.id = event_id
      where event_id >= ${hourAgo()} group by event_id
    )
    select date_trunc('minute', recent.created_at) as at, count(*)::integer as committed,
           percentile_cont(0.5)  within group (order by extract(epoch from proof.at - recent.created_at) * 1000)::float8 as "medianMs",
           percentile_cont(0.99) within group (order by extract(epoch from proof.at - recent.created_at) * 1000)::float8 as "p99Ms"
    from recent left join last_proof proof on proof.event_id = recent.id
    group by 1 order by 1
  `;
}

/** What waits, what failed and what was missed, in single figures. */
export interface Totals {
  readonly pending: number;
  readonly unpublishable: number;
  readonly oldestPendingMs: number;
  readonly failedNotifications: number;
  readonly sentNotifications: number;
  /** Of the last day. */
  readonly missedSlots: number;
  readonly failedSlots: number;
  /** Slots whose time came over a minute ago, with nobody at work on them. */
  readonly overdueSlots: number;
  /** Channels whose provider has refused our account in the last ten minutes. */
  readonly refusedChannels: readonly string[];
}

/** The single figures; notifications are of the last hour. */
export async function readTotals(sql: Sql): Promise<Totals> {
  const [totals] = await sql<[Totals]>`
    select (select count(*) from pending_event)::integer as pending,
           (select count(*) from outbox_event where failure is not null)::integer as unpublishable,
           coalesce((
             select extract(epoch from clock_timestamp() - created_at) * 1000 from outbox_event
             where id = (select id from pending_event order by id limit 1)
           ), 0)::float8 as "oldestPendingMs",
           (select count(*) from notification where channel <> 'inbox' and status = 'failed' and id >= ${hourAgo()})::integer as "failedNotifications",
           (select count(*) from notification where channel <> 'inbox' and status in ('sent', 'delivered', 'read') and id >= ${hourAgo()})::integer as "sentNotifications",
           (select count(*) from job_run where outcome = 'missed' and scheduled_for > clock_timestamp() - interval '1 day')::integer as "missedSlots",
           (select count(*) from job_run where outcome = 'failed' and scheduled_for > clock_timestamp() - interval '1 day')::integer as "failedSlots",
           (select count(*) from job_run
            where outcome = 'due' and greatest(scheduled_for, not_before) < clock_timestamp() - interval '1 minute')::integer as "overdueSlots",
           to_json(array(
             select distinct channel from notification_attempt attempt join notification on notification.id = attempt.notification_id
             where attempt.outcome = 'unauthorized' and attempt.at > clock_timestamp() - interval '10 minutes'
             order by channel
           )) as "refusedChannels"
  `;
  return totals;
}

const hourAgo = () => lowestId(new Date(Date.now() - WINDOW_MS));
