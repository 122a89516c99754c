import { lowestId } from '../../outbox/partitions.ts';
import type { Db, Sql, Tx } from '../../platform/postgres.ts';
import { setDigestOf } from '../../platform/set-digest.ts';
import type { Page } from '../../platform/page.ts';

export type ReplayState = 'asked' | 'tried' | 'running' | 'done' | 'failed' | 'cancelled';

/** What a trial did before it was rolled back. */
export interface ReplayReport {
  /** In the window, and how many of them were tried: the oldest. */
  readonly events: number;
  readonly tried: number;
  readonly tenants: number;
  /** Digest of the ids of the window's events; absent in older reports. */
  readonly digest?: string | undefined;
  /** Rows written, by table. */
  readonly tables: Readonly<Record<string, { readonly inserted: number; readonly updated: number; readonly deleted: number }>>;
  /** Events that would follow, by type. */
  readonly following: Readonly<Record<string, number>>;
  /** Why the trial broke off. */
  readonly failure?: string | undefined;
}

export interface Replay {
  readonly id: string;
  readonly consumer: string;
  readonly from: Date;
  readonly to: Date;
  readonly state: ReplayState;
  readonly report: ReplayReport | null;
  readonly position: string;
  readonly handled: number;
  readonly failure: string | null;
  readonly askedAt: Date;
  readonly finishedAt: Date | null;
}

const columns = (db: Db) => db`
  id, consumer_name as consumer, from_at as "from", to_at as "to", state, report, position, handled, failure,
  asked_at as "askedAt", finished_at as "finishedAt"
`;

/** Replays newest first. */
export function listReplays(sql: Sql, { before, limit }: Page): Promise<Replay[]> {
  return sql<Replay[]>`
    select ${columns(sql)} from replay ${before === undefined ? sql`` : sql`where id < ${before}`} order by id desc limit ${limit}
  `;
}

export async function readReplay(db: Db, id: string): Promise<Replay | undefined> {
  const [replay] = await db<Replay[]>`select ${columns(db)} from replay where id = ${id}`;
  return replay;
}

/** What waits for a worker, the oldest first. */
export function listOpenReplays(sql: Sql): Promise<Replay[]> {
  return sql<Replay[]>`select ${columns(sql)} from replay where state in ('asked', 'running') order by id`;
}

export interface Window {
  readonly consumer: string;
  readonly from: Date;
  readonly to: Date;
}

export async function insertReplay(tx: Tx, id: string, { consumer, from, to }: Window): Promise<void> {
  await tx`insert into replay (id, consumer_name, from_at, to_at) values (${id}, ${consumer}, ${from}, ${to})`;
}

/** Moves a replay on from one of `states`; false when it is in none of them. */
export async function moveReplay(
  tx: Tx,
  id: string,
  { states, to, failure = null }: { readonly states: readonly ReplayState[]; readonly to: ReplayState; readonly failure?: string | null },
): Promise<boolean> {
  const { count } = await tx`
    update replay
    set state = ${to}, failure = ${failure},
        finished_at = case when ${to} in ('done', 'failed', 'cancelled') then clock_timestamp() end
    where id = ${id} and state = any (${[...states]}::text[])
  `;
  return count > 0;
}

export async function saveReport(tx: Tx, id: string, report: ReplayReport): Promise<void> {
  await tx`update replay set state = 'tried', report = ${JSON.stringify(report)}::text::jsonb where id = ${id} and state = 'asked'`;
}

/** Remembers how far a replay came; false when it is no longer running. */
export async function saveReplayed(tx: Tx, id: string, { position, handled }: { readonly position: string; readonly handled: number }): Promise<boolean> {
  const { count } = await tx`
    update replay set position = ${position}, handled = handled + ${handled} where id = ${id} and state = 'running'
  `;
  return count > 0;
}

const inWindow = (db: Db, { consumer, from, to }: Window) => db`
  id >= ${lowestId(from)} and id < ${lowestId(to)} and status = 'published'
  and event_type in (select event_type from subscription where consumer_name = ${consumer} and unsubscribed_at is null)
`;

/** The next events of a window, oldest first. */
export async function nextInWindow(db: Db, window: Window, { after, limit }: { readonly after: string; readonly limit: number }): Promise<string[]> {
  const rows = await db<{ id: string }[]>`
    select id from outbox_event where ${inWindow(db, window)} and id > ${after} order by id limit ${limit}
  `;
  return rows.map(({ id }) => id);
}

type WindowCount = Pick<ReplayReport, 'events' | 'tenants' | 'digest'>;

export async function countWindow(db: Db, window: Window): Promise<WindowCount> {
  const [count] = await db<[WindowCount]>`
    select count(*)::integer as events, count(distinct tenant_id)::integer as tenants, ${setDigestOf(db, db`id::text`)} as digest
    from outbox_event where ${inWindow(db, window)}
  `;
  return count;
}

interface Writes {
  readonly table: string;
  readonly inserted: number;
  readonly updated: number;
  readonly deleted: number;
}

/** Tells, at the end of a transaction, which rows it has written since now, by table; days of a table count as one. */
export async function watchWrites(tx: Tx): Promise<() => Promise<ReplayReport['tables']>> {
  // PostgreSQL counts for the connection: what transactions before this one wrote may still be in there.
  const before = new Map((await countWrites(tx)).map((writes) => [writes.table, writes]));
  return async () => {
    const since = (await countWrites(tx)).map(({ table, inserted, updated, deleted }) => {
      const was = before.get(table);
      const writes = { inserted: inserted - (was?.inserted ?? 0), updated: updated - (was?.updated ?? 0), deleted: deleted - (was?.deleted ?? 0) };
      return [table, writes] as const;
    });
    return Object.fromEntries(since.filter(([, writes]) => Object.values(writes).some((count) => count > 0)));
  };
}

const countWrites = (tx: Tx) => tx<Writes[]>`
  select regexp_replace(relname, '_[0-9]{8}$', '') as table, sum(n_tup_ins)::integer as inserted,
         sum(n_tup_upd)::integer as updated, sum(n_tup_del)::integer as deleted
  from pg_stat_xact_user_tables
  group by 1 order by 1
`;
