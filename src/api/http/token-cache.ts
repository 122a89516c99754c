import { hash } from 'node:crypto';
import type { Caller } from './auth.ts';

const KEEP_MS = 30_000; // a key that was withdrawn is honoured for this much longer
const MOST_TOKENS = 10_000;

/** Callers of tokens that were verified a moment ago, by a digest of the token. */
export interface TokenCache {
  find(digest: string): Caller | undefined;
  keep(digest: string, caller: Caller): void;
}

/** The key of a token in the cache: memory holds no token that could be used. */
export const digestOf = (token: string) => hash('sha256', token, 'base64');

/** Opens a cache that keeps a caller for half a minute, and never past the expiry of the token. */
export function openTokenCache({ mostTokens = MOST_TOKENS } = {}): TokenCache {
  const kept = new Map<string, { readonly caller: Caller; readonly untilMs: number }>();
  return {
    find(digest) {
      const entry = kept.get(digest);
      if (entry === undefined) return undefined;
      if (Date.now() < entry.untilMs) return entry.caller;
      kept.delete(digest);
      return undefined;
    },
    keep(digest, caller) {
      const [oldest] = kept.keys();
      if (kept.size >= mostTokens && oldest !== undefined) kept.delete(oldest);
      kept.set(digest, { caller, untilMs: Math.min(Date.now() + KEEP_MS, caller.expiresAt.getTime()) });
    },
  };
}
