import type { PendingQuery, Row } from 'postgres';
import { appended, type Appended } from '../outbox/append.ts';
import type { Db, Tx } from '../platform/postgres.ts';

/** Whose key it is and for what: the same key elsewhere is another key. */
export interface KeyScope {
  readonly subject: string;
  readonly route: string;
  readonly key: string;
}

/** The first answer, as it was sent. */
export interface Answered {
  /** Of the request that got the answer. */
  readonly fingerprint: string;
  readonly status: number;
  readonly answer: string;
}

interface Claim {
  /** False while another request with the key is running. */
  readonly claimed: boolean;
  readonly answered: Answered | undefined;
}

/** Claims a key until the transaction ends and finds the earlier answer to the key. */
export async function claimKey(tx: Tx, { subject, route, key }: KeyScope): Promise<Claim> {
  const [row] = await tx<(Partial<Answered> & { readonly claimed: boolean })[]>`
    select claimed, fingerprint, status, answer from claim_idempotency_key(${subject}, ${route}, ${key})
  `;
  const { claimed = false, fingerprint, status, answer } = row ?? {};
  return { claimed, answered: fingerprint && status && answer ? { fingerprint, status, answer } : undefined };
}

/** A statement that was made and not sent. */
export type Statement = PendingQuery<Row[]>;

/** What commits with an answer. */
export interface Saved {
  readonly events: readonly Appended[];
  /** Statements that do not depend on one another. */
  readonly statements: readonly Statement[];
}

/** Keeps an answer for the requests to come with the same key. One statement does that and all that commits with it. */
export async function saveAnswer(
  tx: Tx,
  { subject, route, key }: KeyScope,
  { fingerprint, status, answer }: Answered,
  { events, statements }: Saved,
): Promise<void> {
  const insert = tx`
    insert into idempotency_key (subject, route, key, fingerprint, status, answer)
    values (${subject}, ${route}, ${key}, ${fingerprint}, ${status}, ${answer})
  `;
  const [first, ...others] = [...(events.length === 0 ? [] : [appended(tx, events)]), ...statements, insert];
  const parts = others.reduce(
    (before, part, index) => tx`${before}, ${tx(`part_${index}`)} as (${part})`,
    tx`with first as (${first ?? insert})`,
  );
  await tx`${parts} select`;
}

/** Forgets keys older than `hours`, which must be 24 or more; gives their number. */
export async function forgetKeys(db: Db, hours: number): Promise<number> {
  if (hours < 24) throw new RangeError('idempotency keys are kept for 24 hours at least');
  const { count } = await db`delete from idempotency_key where created_at < now() - make_interval(hours => ${hours})`;
  return count;
}
