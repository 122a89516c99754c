import { hash } from 'node:crypto';
import type { PendingQuery, Row } from 'postgres';
import { appended, type Appended } from '../../outbox/append.ts';
import type { Db, Tx } from '../../platform/postgres.ts';

/** Whose key it is and for what: the same key elsewhere is another key. */
export interface KeyScope {
  readonly subject: string;
  readonly route: string;
  /** As the client sent it; its digest is stored. */
  readonly key: string;
}

const DIGEST_CHARACTERS = 22; // 132 bits

const digestOf = (key: string): string => hash('sha256', key, 'base64url').slice(0, DIGEST_CHARACTERS);

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
    select claimed, fingerprint, status, answer from claim_idempotency_key(${subject}, ${route}, ${digestOf(key)})
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
  saved: Saved,
): Promise<void> {
  await together(tx, saved, tx`
    insert into idempotency_key (subject, route, key, fingerprint, status, answer)
    values (${subject}, ${route}, ${digestOf(key)}, ${fingerprint}, ${status}, ${answer})
  `);
}

/** How an answer was not kept: the key has an answer, or another request with the key is running. */
export type Conflict = 'answered' | 'running';

/**
 * Claims a key and keeps its answer, in one statement with all that commits with it: a transaction of its own. Returns
 * what stood in the way, and then nothing was saved.
 */
export async function saveNewAnswer(
  db: Db,
  { subject, route, key }: KeyScope,
  { fingerprint, status, answer }: Answered,
  saved: Saved,
): Promise<Conflict | undefined> {
  const digest = digestOf(key);
  const insert = db`
    insert into idempotency_key (subject, route, key, fingerprint, status, answer)
    select ${subject}, ${route}, ${digest}, ${fingerprint}, ${status}::integer, ${answer}
    where require_idempotency_key(${subject}, ${route}, ${digest})
  `;
  try {
    await together(db, saved, insert);
    return undefined;
  } catch (error) {
    const conflict = conflictOf(error);
    if (conflict === undefined) throw error;
    return conflict;
  }
}

function conflictOf(error: unknown): Conflict | undefined {
  if (!(error instanceof Error && 'code' in error)) return undefined;
  if (error.code === 'CK001') return 'running';
  return 'constraint_name' in error && error.constraint_name === 'idempotency_key_pkey' ? 'answered' : undefined;
}

/** Finds the earlier answer to a key. */
export async function findAnswer(db: Db, { subject, route, key }: KeyScope): Promise<Answered | undefined> {
  const [answered] = await db<Answered[]>`
    select fingerprint, status, answer from idempotency_key
    where subject = ${subject} and route = ${route} and key = ${digestOf(key)}
  `;
  return answered;
}

/** Makes one statement of several. */
function together(db: Db, { events, statements }: Saved, insert: Statement): Statement {
  const [first, ...others] = [...(events.length === 0 ? [] : [appended(db, events)]), ...statements, insert];
  const parts = others.reduce(
    (before, part, index) => db`${before}, ${db(`part_${index}`)} as (${part})`,
    db`with first as (${first ?? insert})`,
  );
  return db`${parts} select`;
}

/** Counts the keys that were stored for a subject within 24 hours, up to `most`. */
export async function countKeys(db: Db, subject: string, most: number): Promise<number> {
  const [row] = await db<{ keys: number }[]>`
    select count(*)::integer as keys from (
      select from idempotency_key where subject = ${subject} and created_at > now() - interval '24 hours' limit ${most}
    ) as stored
  `;
  return row?.keys ?? 0;
}

/** Forgets at most `limit` keys older than `hours`, which must be 24 or more. Returns their number. */
export async function forgetKeys(db: Db, hours: number, limit: number): Promise<number> {
  if (hours < 24) throw new RangeError('idempotency keys are kept for 24 hours at least');
  const { count } = await db`
    delete from idempotency_key where ctid = any (array(
      select ctid from idempotency_key
      where created_at < now() - make_interval(hours => ${hours})
      order by created_at limit ${limit}
    ))
  `;
  return count;
}
