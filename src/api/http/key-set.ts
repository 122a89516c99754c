import { createPublicKey, type JsonWebKey } from 'node:crypto';
import {
  createRemoteJWKSet,
  customFetch,
  errors,
  jwtVerify,
  type FetchImplementation,
  type JWTVerifyOptions,
  type JWTVerifyResult,
} from 'jose';
import { Problem } from './problem.ts';

const FRESH_MS = 600_000;
/** How long keys are good that could not be fetched again. */
const LAST_GOOD_MS = 24 * 3_600_000;
const RETRY_MS = 10_000;
/** Unknown keys that may make us fetch at once, and the time in which one more may. */
const MOST_ASKED = 5;
const ASKED_MS = 5_000;

/** The key set of the tokens' issuer. */
export interface KeySet {
  verify(token: string, required: JWTVerifyOptions): Promise<JWTVerifyResult>;
  /** Seconds since the keys were fetched; 0 before they are needed. Fetches them where they are old. */
  ageSeconds(): number;
}

/**
 * Opens a key set. Keys are fetched again every ten minutes, while the last ones serve. A key that is unknown is asked
 * for at once, a few times: beyond, the answer is 503, for the key may have been published a second ago.
 */
export function openKeySet(url: URL, onStale: (error: unknown) => void): KeySet {
  const remote = createRemoteJWKSet(url, {
    cacheMaxAge: Infinity,
    cooldownDuration: Infinity,
    [customFetch]: fetchUsable,
  });
  const mayAsk = bucketOf(MOST_ASKED, ASKED_MS);
  let [fetchedMs, triedMs] = [0, 0];

  async function fetchKeys(): Promise<void> {
    triedMs = Date.now();
    await remote.reload();
    fetchedMs = Date.now();
  }

  function fetchIfOld(): void {
    const now = Date.now();
    if (fetchedMs === 0 || now - fetchedMs < FRESH_MS || now - triedMs < RETRY_MS) return;
    fetchKeys().catch(onStale);
  }

  async function verify(token: string, required: JWTVerifyOptions): Promise<JWTVerifyResult> {
    if (fetchedMs === 0 || Date.now() - fetchedMs > LAST_GOOD_MS) await fetchKeys();
    fetchIfOld();
    try {
      return await verifyByAny(token, required);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      if (!mayAsk()) throw unknownKey();
      await fetchKeys();
      return verifyByAny(token, required);
    }
  }

  /** A token without a key id may be of each key of its algorithm. */
  async function verifyByAny(token: string, required: JWTVerifyOptions): Promise<JWTVerifyResult> {
    try {
      return await jwtVerify(token, remote, required);
    } catch (error) {
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
      for await (const key of error) {
        const verified = await jwtVerify(token, key, required).catch(whenOfAnother);
        if (verified !== undefined) return verified;
      }
      throw new errors.JWSSignatureVerificationFailed();
    }
  }

  return {
    verify,
    ageSeconds() {
      fetchIfOld();
      return fetchedMs === 0 ? 0 : (Date.now() - fetchedMs) / 1_000;
    },
  };
}

/**
 * Fetches a key set, and leaves out keys that no token can be verified with: one of them would end the search among
 * all.
 */
const fetchUsable: FetchImplementation = async (url, options) => {
  const response = await fetch(url, options);
  if (response.status !== 200) return response;
  const body = (await response.json()) as { readonly keys?: unknown } | null;
  const keys = Array.isArray(body?.keys) ? body.keys.filter(isUsable) : [];
  if (keys.length === 0) throw new Error('the answer of JWKS_URL has no usable key');
  return Response.json({ keys });
};

const LEAST_RSA_BITS = 2_048;

/** Returns true for a key of the algorithms that tokens may have. */
function isUsable(jwk: unknown): boolean {
  if (typeof jwk !== 'object' || jwk === null || ('use' in jwk && jwk.use !== 'sig')) return false;
  try {
    const { asymmetricKeyType: type, asymmetricKeyDetails: details = {} } = createPublicKey({
      key: jwk as JsonWebKey,
      format: 'jwk',
    });
    return type === 'rsa' ? (details.modulusLength ?? 0) >= LEAST_RSA_BITS : details.namedCurve === 'prime256v1';
  } catch {
    return false;
  }
}

const whenOfAnother = (error: unknown): undefined => {
  if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
};

const unknownKey = () =>
  new Problem(503, 'The token’s key is not known yet. Try again.', {
    headers: { 'Retry-After': String(ASKED_MS / 1_000) },
  });

/** Says yes `most` times at once, and once more in each `refillMs`. */
function bucketOf(most: number, refillMs: number): () => boolean {
  let [left, sinceMs] = [most, Date.now()];
  return () => {
    const refilled = Math.floor((Date.now() - sinceMs) / refillMs);
    if (refilled > 0) [left, sinceMs] = [Math.min(most, left + refilled), sinceMs + refilled * refillMs];
    if (left === 0) return false;
    left -= 1;
    return true;
  };
}
