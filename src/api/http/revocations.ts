import { shareFor } from '../../platform/share-for.ts';
import type { Db, Sql } from '../../platform/postgres.ts';
import { insertRevokedToken, readRevoked, type Revoked, type TokenFacts, upsertEndedSession } from '../../store/operations/revocations.ts';
import type { Caller } from './auth.ts';

const SHARED_MS = 1_000; // other processes honour a revocation this much later

/** Sessions that ended before their tokens expire. */
export interface Revocations {
  /** Checks a token: by what was read within the last second, or where `isFresh` in PostgreSQL. */
  isRevoked(token: TokenFacts, isFresh: boolean): Promise<boolean>;
  /** Revokes the token of a caller. */
  revoke(caller: Caller): Promise<void>;
  /** Ends all sessions of a user. */
  endAll(db: Db, userId: string): Promise<void>;
}

/** Opens the revocations. `maxHours` is how long a token may last. */
export function openRevocations(sql: Sql, maxHours: number): Revocations {
  const readAll = shareFor(SHARED_MS, () => readRevoked(sql));
  return {
    async isRevoked(token, isFresh) {
      return concerns(isFresh ? await readRevoked(sql, token) : await readAll(), token);
    },
    revoke: ({ tokenDigest, expiresAt }) => insertRevokedToken(sql, tokenDigest, expiresAt),
    endAll: (db, userId) => upsertEndedSession(db, userId, maxHours),
  };
}

function concerns({ digests, endedAt }: Revoked, { tokenDigest, userId, issuedAt }: TokenFacts): boolean {
  const ended = endedAt.get(userId);
  return digests.has(tokenDigest) || (ended !== undefined && (issuedAt === undefined || issuedAt <= ended));
}
