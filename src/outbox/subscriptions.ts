import type { AnyContract } from '../events/contract/event.ts';
import type { Sql } from '../platform/postgres.ts';
import { transaction } from '../platform/transaction.ts';
import { lowestId } from './partitions.ts';

/** The longest that a transaction or a clock may be behind: what committed late is still found by the sweep. */
export const LATE_COMMIT_MS = 300_000;

/**
 * Whether a past event may be handled again: `safe`, its effect is found to be there already; `suppressNotifications`, the
 * same, but what it would tell people stays unsaid; `forbidden`, it would be done twice.
 */
export type Replay = 'safe' | 'suppressNotifications' | 'forbidden';

/** What the outbox has to know of a consumer: its name, what it hears, and what operators may do with it. */
export interface Subscriber {
  readonly name: string;
  readonly on: readonly AnyContract[];
  readonly kind?: 'reaction' | 'outbound';
  readonly replay?: Replay;
  /** Deliveries that one batch carries at most. */
  readonly batchLimit?: number;
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
      insert into consumer (name, kind, replay, batch_limit, verified_id)
      select name, kind, replay, batch_limit, ${lowestId(new Date(Date.now() - LATE_COMMIT_MS))}
      from unnest(
        ${subscribers.map(({ name }) => name)}::text[],
        ${subscribers.map(({ kind = 'reaction' }) => kind)}::text[],
        ${subscribers.map(({ replay = 'forbidden' }) => replay)}::text[],
        ${subscribers.map(({ batchLimit = 500 }) => batchLimit)}::integer[]
      ) as subscriber (name, kind, replay, batch_limit)
      on conflict (name) do update
      set kind = excluded.kind, replay = excluded.replay, batch_limit = excluded.batch_limit
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
