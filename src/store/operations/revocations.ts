import type { Db } from '../../platform/postgres.ts';

/** Facts of a token by which it may be revoked. */
export interface TokenFacts {
  readonly userId: string;
  /** Digest of the token's text. */
  readonly tokenDigest: string;
  /** Absent where the issuer does not say. */
  readonly issuedAt: Date | undefined;
}

/** Everything that is revoked and would not have expired. */
export interface Revoked {
  readonly digests: ReadonlySet<string>;
  /** When a user's sessions were ended, by user id. */
  readonly endedAt: ReadonlyMap<string, Date>;
}

/** Reads everything that is revoked; or what concerns one token, by primary keys. */
export async function readRevoked(db: Db, token?: TokenFacts): Promise<Revoked> {
  const rows = await db<{ digest: string | null; userId: string | null; endedAt: Date | null }[]>`
    select digest, null::uuid as "userId", null::timestamptz as "endedAt" from revoked_token
    where expires_at > now() ${token === undefined ? db`` : db`and digest = ${token.tokenDigest}`}
    union all
    select null, user_id, ended_at from ended_session
    where expires_at > now() ${token === undefined ? db`` : db`and user_id = ${token.userId}`}
  `;
  return {
    digests: new Set(rows.flatMap(({ digest }) => digest ?? [])),
    endedAt: new Map(rows.flatMap(({ userId, endedAt }) => (userId === null || endedAt === null ? [] : [[userId, endedAt]]))),
  };
}

/** Revokes a token until it expires, and forgets what has expired. */
export async function insertRevokedToken(db: Db, digest: string, expiresAt: Date): Promise<void> {
  await db`
    with forgotten as (delete from revoked_token where expires_at < now())
    insert into revoked_token (digest, expires_at) values (${digest}, ${expiresAt})
    on conflict (digest) do nothing
  `;
}

/** Ends the sessions of a user, whose tokens last `hours` at most, and forgets what has expired. */
export async function upsertEndedSession(db: Db, userId: string, hours: number): Promise<void> {
  await db`
    with forgotten as (delete from ended_session where expires_at < now() and user_id <> ${userId})
    insert into ended_session (user_id, ended_at, expires_at)
    values (${userId}, now(), now() + make_interval(secs => ${hours * 3_600}))
    on conflict (user_id) do update set ended_at = excluded.ended_at, expires_at = excluded.expires_at
  `;
}
