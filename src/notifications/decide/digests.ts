import { v7 as uuidv7 } from 'uuid';
import type { Tx } from '../../platform/postgres.ts';

/** Whose window, and of what. */
export interface DigestKey {
  readonly userId: string;
  readonly category: string;
}

/**
 * The open window of each user and category, in the given order; one that is not open is opened. It can't close before
 * this transaction ends: whoever closes it waits, and then finds what was put in.
 */
export async function joinDigests(tx: Tx, keys: readonly DigestKey[], forMs: number): Promise<readonly string[]> {
  if (keys.length === 0) return [];
  const asText = ({ userId, category }: DigestKey) => `${userId} ${category}`;
  const wanted = [...new Map(keys.map((key) => [asText(key), key])).values()].sort((one, other) =>
    asText(one) < asText(other) ? -1 : 1, // the order of locks
  );
  const rows = await tx<(DigestKey & { id: string })[]>`
    insert into digest (id, user_id, category, closes_at)
    select id, user_id, category, clock_timestamp() + ${forMs} * interval '1 millisecond'
    from unnest(
      ${wanted.map(() => uuidv7())}::uuid[],
      ${wanted.map(({ userId }) => userId)}::uuid[],
      ${wanted.map(({ category }) => category)}::text[]
    ) as wanted (id, user_id, category)
    on conflict (user_id, category) where closed_at is null do update
    set opened_at = digest.opened_at
    returning id, user_id as "userId", category
  `;
  const ids = new Map(rows.map((row) => [asText(row), row.id]));
  return keys.map((key) => ids.get(asText(key)) ?? '');
}

/** A window that closes with this transaction, and the inbox's texts of what came in it, oldest first. */
export interface ClosedDigest extends DigestKey {
  readonly id: string;
  readonly texts: readonly string[];
  /** Of all that came; those beyond the texts or without one included. */
  readonly count: number;
}

/** Closes windows that are due, with as many texts as given at most. */
export async function closeDigests(
  tx: Tx,
  { limit, texts }: { readonly limit: number; readonly texts: number },
): Promise<readonly ClosedDigest[]> {
  const closed = await tx<(DigestKey & { id: string })[]>`
    update digest set closed_at = clock_timestamp()
    where id in (
      select id from digest
      where closed_at is null and closes_at <= clock_timestamp()
      order by closes_at limit ${limit} for update skip locked
    )
    returning id, user_id as "userId", category
  `;
  const digests: ClosedDigest[] = [];
  for (const { id, userId, category } of closed) {
    const told = await tx<{ body: string | null }[]>`
      select max(inbox.body) as body
      from notification gathered
      left join notification inbox
             on inbox.event_id = gathered.event_id and inbox.user_id = gathered.user_id
            and inbox.template = gathered.template and inbox.channel = 'inbox'
      where gathered.digest_id = ${id}
      group by gathered.event_id, gathered.template
      order by min(gathered.id::text)
    `;
    const bodies = told.flatMap(({ body }) => body ?? []);
    digests.push({ id, userId, category, count: told.length, texts: bodies.slice(0, texts) });
  }
  return digests;
}

/** Keeps which event told of which window, both in the same order. */
export async function saveDigestEvents(tx: Tx, ids: readonly string[], eventIds: readonly string[]): Promise<void> {
  await tx`
    update digest set event_id = told.event_id
    from unnest(${[...ids]}::uuid[], ${[...eventIds]}::uuid[]) as told (id, event_id)
    where digest.id = told.id
  `;
}
