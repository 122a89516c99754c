import type { WaitReason } from '../../outbox/batch.ts';
import type { Sql } from '../../platform/postgres.ts';
import type { EventStatus } from './outbox-events.ts';

/** Relatives that a page shows at most. */
export const FAMILY_LIMIT = 200;

/** An event among those that one request set off. */
export interface Relative {
  readonly eventId: string;
  readonly eventType: string;
  readonly causationId: string | null;
  readonly status: EventStatus;
  readonly createdAt: Date;
}

/** Everything that one request set off, oldest first; at most `FAMILY_LIMIT`. */
export function readFamily(sql: Sql, correlationId: string): Promise<Relative[]> {
  return sql<Relative[]>`
    select id as "eventId", event_type as "eventType", causation_id as "causationId", status, created_at as "createdAt"
    from outbox_event where correlation_id = ${correlationId}
    order by id limit ${FAMILY_LIMIT}
  `;
}

/** One event's way to one consumer that is owed it. */
export interface Hop {
  readonly consumer: string;
  /** How many times it was published again, when last and why. */
  readonly epoch: number;
  readonly republishedAt: Date | null;
  readonly republishedWhy: string | null;
  /** The batch that carries it now. */
  readonly batchId: string | null;
  /** Why and until when it waits. */
  readonly waitsFor: WaitReason | null;
  readonly waitsUntil: Date | null;
  readonly attempts: number;
  readonly error: string | null;
  readonly fingerprint: string | null;
  readonly firstFailedAt: Date | null;
  readonly lastFailedAt: Date | null;
  readonly isDead: boolean;
  /** What became of its dead letter. */
  readonly resolution: 'retried' | 'consumed' | 'discarded' | null;
  readonly resolvedAt: Date | null;
  readonly consumedAt: Date | null;
}

/** The ways of one event to its consumers, sorted by name. */
export function readHops(sql: Sql, eventId: string): Promise<Hop[]> {
  return sql<Hop[]>`
    select heard.consumer_name as consumer,
           coalesce(again.epoch, 0) as epoch, again.published_at as "republishedAt", again.reason as "republishedWhy",
           batch.id as "batchId", waiting.reason as "waitsFor", waiting.not_before as "waitsUntil",
           coalesce(dead.attempts, failure.attempts, 0) as attempts,
           coalesce(dead.error, failure.error) as error,
           coalesce(dead.fingerprint, failure.fingerprint) as fingerprint,
           coalesce(dead.first_failed_at, failure.first_failed_at) as "firstFailedAt",
           coalesce(dead.last_failed_at, failure.last_failed_at) as "lastFailedAt",
           dead.event_id is not null as "isDead", dead.resolution, dead.resolved_at as "resolvedAt",
           consumed.consumed_at as "consumedAt"
    from outbox_event event
    join subscription heard on heard.event_type = event.event_type
      and heard.subscribed_at <= event.created_at
      and (heard.unsubscribed_at is null or heard.unsubscribed_at > event.created_at)
    left join republication again     on again.consumer_name = heard.consumer_name and again.event_id = event.id
    left join waiting_delivery waiting on waiting.consumer_name = heard.consumer_name and waiting.event_id = event.id
    left join queued_batch batch       on batch.consumer_name = heard.consumer_name and event.id = any (batch.event_ids)
    left join delivery_failure failure on failure.consumer_name = heard.consumer_name and failure.event_id = event.id
    left join dead_letter dead        on dead.consumer_name = heard.consumer_name and dead.event_id = event.id
    left join consumed_event consumed on consumed.consumer_name = heard.consumer_name and consumed.event_id = event.id
    where event.id = ${eventId}
    order by heard.consumer_name
  `;
}
