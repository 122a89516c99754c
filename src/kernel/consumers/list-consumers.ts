import type { Replay } from '../../outbox/subscriptions.ts';
import type { Sql } from '../../platform/postgres.ts';

/** Every consumer that a release has made known, by name. */
export async function listConsumers(sql: Sql): Promise<readonly string[]> {
  return (await listSubscribed(sql)).map(({ name }) => name);
}

/** A consumer as its release declared it. */
export interface Subscribed {
  readonly name: string;
  readonly kind: 'reaction' | 'outbound';
  readonly replay: Replay;
}

/** Every consumer that a release has made known, sorted by name, and what operators may do with it. */
export function listSubscribed(sql: Sql): Promise<Subscribed[]> {
  return sql<Subscribed[]>`select name, kind, replay from consumer order by name`;
}
