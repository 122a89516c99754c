import { lowestId } from '../../outbox/partitions.ts';
import type { Db, Sql, Tx } from '../../platform/postgres.ts';
import { setDigest, setDigestOf } from '../../platform/set-digest.ts';

/** Which unresolved dead letters an operator means; what is absent does not matter. */
export interface LetterFilter {
  readonly consumer?: string | undefined;
  readonly eventType?: string | undefined;
  readonly fingerprint?: string | undefined;
  readonly tenantId?: string | undefined;
  readonly eventId?: string | undefined;
  /** First instant, inclusive, by the time in the event's id. */
  readonly from?: Date | undefined;
  /** Last instant, exclusive. */
  readonly to?: Date | undefined;
}

/** Dead letters of one consumer, one event type and one kind of failure. */
export interface LetterGroup {
  readonly consumer: string;
  readonly eventType: string;
  readonly fingerprint: string;
  readonly letters: number;
  readonly tenants: number;
  readonly firstSeenAt: Date;
  readonly lastSeenAt: Date;
  /** Of the latest. */
  readonly error: string;
}

const GROUPS_SHOWN = 200;

/** Groups of what fits, the largest first. */
export function listGroups(sql: Sql, filter: LetterFilter): Promise<LetterGroup[]> {
  return sql<LetterGroup[]>`
    select consumer_name as consumer, event_type as "eventType", fingerprint, count(*)::integer as letters,
           count(distinct tenant_id)::integer as tenants,
           min(first_failed_at) as "firstSeenAt", max(last_failed_at) as "lastSeenAt",
           (array_agg(error order by last_failed_at desc))[1] as error
    from ${unresolved(sql, filter)}
    group by consumer_name, event_type, fingerprint
    order by letters desc, consumer_name, event_type, fingerprint
    limit ${GROUPS_SHOWN}
  `;
}

export interface Letter {
  readonly consumer: string;
  readonly eventId: string;
  readonly eventType: string;
  readonly tenantId: string | null;
  readonly attempts: number;
  readonly error: string;
  readonly lastFailedAt: Date;
}

interface LetterPage {
  /** The event and the consumer that ended the page before. */
  readonly before: readonly [string, string] | undefined;
  readonly limit: number;
}

/** What fits, the newest events first. */
export function listLetters(sql: Sql, filter: LetterFilter, { before, limit }: LetterPage): Promise<Letter[]> {
  return sql<Letter[]>`
    select consumer_name as consumer, event_id as "eventId", event_type as "eventType", tenant_id as "tenantId",
           attempts, error, last_failed_at as "lastFailedAt"
    from ${unresolved(sql, filter)}
    ${before === undefined ? sql`` : sql`where (event_id, consumer_name) < (${before[0]}::uuid, ${before[1]})`}
    order by event_id desc, consumer_name desc
    limit ${limit}
  `;
}

/** What a retry of everything that fits would do. */
export interface RetryPreview {
  readonly letters: number;
  readonly events: number;
  readonly tenants: number;
  /** Deliveries that send something to a person, or lead to that. */
  readonly reachPeople: number;
  /** By number of letters, at most twenty. */
  readonly tenantIds: readonly string[];
  /** Digest of the set of letters; see `digestOfLetters`. */
  readonly digest: string;
}

export async function previewRetry(sql: Sql, filter: LetterFilter): Promise<RetryPreview> {
  const [preview] = await sql<[RetryPreview]>`
    with letter as (select * from ${unresolved(sql, filter)})
    select count(*)::integer as letters, count(distinct event_id)::integer as events, count(distinct tenant_id)::integer as tenants,
           (count(*) filter (where kind = 'outbound' or replay = 'suppressNotifications'))::integer as "reachPeople",
           array(select tenant_id from letter where tenant_id is not null group by 1 order by count(*) desc, 1 limit 20)::text[] as "tenantIds",
           ${setDigestOf(sql, sql`event_id::text || ' ' || consumer_name`)} as digest
    from letter join consumer on consumer.name = letter.consumer_name
  `;
  return preview;
}

export interface Resolved {
  readonly consumer: string;
  readonly eventId: string;
}

/** Returns the digest of a set of letters. */
export const digestOfLetters = (letters: readonly Resolved[]): string =>
  setDigest(letters.map(({ eventId, consumer }) => `${eventId} ${consumer}`));

/** Resolves everything that fits, on behalf of an action; what it was comes back. */
export function resolveLetters(
  tx: Tx,
  filter: LetterFilter,
  { resolution, actionId }: { readonly resolution: 'retried' | 'discarded'; readonly actionId: string },
): Promise<Resolved[]> {
  return tx<Resolved[]>`
    update dead_letter
    set resolution = ${resolution}, resolved_at = now(), action_id = ${actionId}
    where resolution is null
      and (consumer_name, event_id) in (select consumer_name, event_id from ${unresolved(tx, filter)})
    returning consumer_name as consumer, event_id as "eventId"
  `;
}

/** How what an action resolved has gone on. */
export interface ActionProgress {
  readonly underWay: number;
  readonly consumed: number;
  readonly deadAgain: number;
  readonly discarded: number;
}

export async function readProgress(sql: Sql, actionId: string): Promise<ActionProgress> {
  const [progress] = await sql<[ActionProgress]>`
    select (count(*) filter (where resolution = 'retried'))::integer   as "underWay",
           (count(*) filter (where resolution = 'consumed'))::integer  as consumed,
           (count(*) filter (where resolution is null))::integer       as "deadAgain",
           (count(*) filter (where resolution = 'discarded'))::integer as discarded
    from dead_letter where action_id = ${actionId}
  `;
  return progress;
}

function unresolved(db: Db, { consumer, eventType, fingerprint, tenantId, eventId, from, to }: LetterFilter) {
  return db`(
    select dead.*, event.event_type, event.tenant_id
    from dead_letter dead join outbox_event event on event.id = dead.event_id
    where dead.resolution is null
      ${consumer === undefined ? db`` : db`and dead.consumer_name = ${consumer}`}
      ${fingerprint === undefined ? db`` : db`and dead.fingerprint = ${fingerprint}`}
      ${eventType === undefined ? db`` : db`and event.event_type = ${eventType}`}
      ${tenantId === undefined ? db`` : db`and event.tenant_id = ${tenantId}`}
      ${eventId === undefined ? db`` : db`and dead.event_id = ${eventId}`}
      ${from === undefined ? db`` : db`and dead.event_id >= ${lowestId(from)}`}
      ${to === undefined ? db`` : db`and dead.event_id < ${lowestId(to)}`}
  ) as letter`;
}

/** Resolves the open dead letters of events as retried. Returns the dead letters. */
export function resolveDeadLetters(
  tx: Tx,
  eventIds: readonly string[],
): Promise<readonly { readonly consumer: string; readonly eventId: string }[]> {
  return tx<{ consumer: string; eventId: string }[]>`
    update dead_letter
    set resolution = 'retried', resolved_at = now()
    where event_id = any (${[...eventIds]}::uuid[]) and resolution is null
    returning consumer_name as consumer, event_id as "eventId"
  `;
}
