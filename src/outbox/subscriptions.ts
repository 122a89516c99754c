import type { Replay } from '../kernel/consumer.ts';
import type { AnyContract } from '../kernel/event.ts';
import type { Sql } from '../platform/postgres.ts';
import { transaction } from '../platform/transaction.ts';
import { lowestId } from './partitions.ts';

/** The longest that a transaction or a clock may be behind: what committed late is still found by the sweep. */
export const LATE_COMMIT_MS = 300_000;

/** What the outbox has to know of a consumer: its name, what it hears, and what operators may do with it. */
export interface Subscriber {
  readonly name: string;
  readonly on: readonly AnyContract[];
  readonly kind?: 'reaction' | 'effect';
  readonly replay?: Replay;
}

/**
 * Makes the database's list of event types, consumers and subscriptions that of this release. A subscription that is new
 * begins now, one that is gone ends now: events before or after are nobody's missing delivery.
 */
export async function registerSubscribers(
  sql: Sql,
  contracts: readonly AnyContract[],
  subscribers: readonly Subscriber[],
): Promise<void> {
  const pairs = subscribers.flatMap(({ name, on }) => on.map(({ type }) => ({ name, type })));
  const names = pairs.map(({ name }) => name);
  const types = pairs.map(({ type }) => type);
  await transaction(sql, async (tx) => {
    await tx`
      insert into event_type (name, version)
      select * from unnest(${contracts.map(({ type }) => type)}::text[], ${contracts.map(({ version }) => version)}::integer[])
      on conflict (name) do update set version = greatest(event_type.version, excluded.version)
    `;
    await tx`
      insert into consumer (name, kind, replay, verified_id)
      select name, kind, replay, ${lowestId(new Date(Date.now() - LATE_COMMIT_MS))}
      from unnest(
        ${subscribers.map(({ name }) => name)}::text[],
        ${subscribers.map(({ kind = 'reaction' }) => kind)}::text[],
        ${subscribers.map(({ replay = 'forbidden' }) => replay)}::text[]
      ) as subscriber (name, kind, replay)
      on conflict (name) do update set kind = excluded.kind, replay = excluded.replay
    `;
    await tx`
      insert into subscription (consumer_name, event_type)
      select * from unnest(${names}::text[], ${types}::text[])
      on conflict (consumer_name, event_type) do update set subscribed_at = now(), unsubscribed_at = null
      where subscription.unsubscribed_at is not null
    `;
    await tx`
      update subscription set unsubscribed_at = now()
      where unsubscribed_at is null
        and (consumer_name, event_type) not in (select * from unnest(${names}::text[], ${types}::text[]))
    `;
  });
}

/** Each known event type and the consumers that hear it; a type that nobody hears has an empty list. */
export type Subscriptions = ReadonlyMap<string, readonly string[]>;

/** Reads who hears what now. */
export async function readSubscriptions(sql: Sql): Promise<Subscriptions> {
  const rows = await sql<{ type: string; consumers: (string | null)[] }[]>`
    select event_type.name as type, array_agg(subscription.consumer_name order by consumer_name) as consumers
    from event_type
    left join subscription on subscription.event_type = event_type.name and subscription.unsubscribed_at is null
    group by event_type.name
  `;
  return new Map(rows.map(({ type, consumers }) => [type, consumers.filter((name) => name !== null)]));
}

const FRESH_MS = 5_000;

/** Reads subscriptions at most every five seconds, or at once when one of `types` is not among them. */
export function watchSubscriptions(sql: Sql): (types: readonly string[]) => Promise<Subscriptions> {
  let known: Subscriptions = new Map();
  let readAt = Number.NEGATIVE_INFINITY;
  return async (types) => {
    if (performance.now() - readAt > FRESH_MS || types.some((type) => !known.has(type))) {
      known = await readSubscriptions(sql);
      readAt = performance.now();
    }
    return known;
  };
}
