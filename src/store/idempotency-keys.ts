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

/**
 * Claims a key until the transaction ends and finds the answer it got before.
 * `claimed` is false while another request with the key is running.
 */
export async function claimKey(
  tx: Tx,
  { subject, route, key }: KeyScope,
): Promise<{ readonly claimed: boolean; readonly answered: Answered | undefined }> {
  // Two statements, sent together: the second must not read a snapshot from before the claim.
  const [[lock], [answered]] = await Promise.all([
    tx<{ claimed: boolean }[]>`
      select pg_try_advisory_xact_lock(hashtextextended(${JSON.stringify([subject, route, key])}, 0)) as claimed
    `,
    tx<Answered[]>`
      select fingerprint, status, answer
      from idempotency_key
      where subject = ${subject} and route = ${route} and key = ${key}
    `,
  ]);
  return { claimed: lock?.claimed ?? false, answered };
}

/** Keeps an answer for the requests to come with the same key. */
export async function saveAnswer(tx: Tx, { subject, route, key }: KeyScope, answered: Answered): Promise<void> {
  await tx`
    insert into idempotency_key (subject, route, key, fingerprint, status, answer)
    values (${subject}, ${route}, ${key}, ${answered.fingerprint}, ${answered.status}, ${answered.answer})
  `;
}

/** Forgets keys older than `hours`, which must be 24 or more; gives their number. */
export async function forgetKeys(db: Db, hours: number): Promise<number> {
  if (hours < 24) throw new RangeError('idempotency keys are kept for 24 hours at least');
  const { count } = await db`delete from idempotency_key where created_at < now() - make_interval(hours => ${hours})`;
  return count;
}
