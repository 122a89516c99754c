import { createSecretKey } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import { errors, jwtVerify, type JWTPayload, type JWTVerifyOptions } from 'jose';
import { Gauge, type Registry } from 'prom-client';
import { z } from 'zod';
import type { ConfigOf } from '../../config.ts';
import type { VerifiedAddresses } from '../../domain/tenants/contact.ts';
import { readEmailAddress } from '../../platform/email-address.ts';
import { findRule, rolesOf } from './access-rules.ts';
import type { Env } from './context.ts';
import { openKeySet } from './key-set.ts';
import { Problem, unavailable } from './problem.ts';
import type { Revocations } from './revocations.ts';
import { ROLES, type Role } from './roles.ts';
import { digestOf, openTokenCache } from './token-cache.ts';

const HOUR_MS = 3_600_000;

/** Who asks, as a token proved it. */
export interface Caller {
  readonly userId: string;
  readonly roles: ReadonlySet<Role>;
  /** The tenant acted for; present for role `tenant`. */
  readonly tenantId: string | undefined;
  /** Addresses of the person that the token's issuer verified. */
  readonly verified: VerifiedAddresses;
  readonly expiresAt: Date;
  /** Digest of the token's text, so that memory holds no token that could be used. */
  readonly tokenDigest: string;
  /** Absent where the issuer does not say. */
  readonly issuedAt: Date | undefined;
}

/** Checks tokens. */
export interface Tokens {
  /**
   * `isFresh` asks PostgreSQL whether the token was revoked in the last second.
   * @throws {Problem} 401 for a token that proves nothing or was revoked, 403 for one whose claims make no sense.
   */
  verify(token: string, isFresh?: boolean): Promise<Caller>;
}

/** Checks tokens by the one kind of key that is configured; the algorithms follow from the kind, never from a token. */
export function openTokens(
  config: ConfigOf<'JWT_SECRET' | 'JWKS_URL' | 'JWT_ISSUER' | 'JWT_AUDIENCE' | 'JWT_MAX_HOURS'>,
  revocations?: Pick<Revocations, 'isRevoked'>,
  watch: KeySetWatch = {},
): Tokens {
  const { JWT_SECRET: secret, JWKS_URL: jwksUrl, JWT_ISSUER: issuer, JWT_AUDIENCE: audience } = config;
  const required = { issuer, audience, clockTolerance: 0, requiredClaims: ['iss', 'aud', 'exp', 'sub'] };
  const check = secret === undefined ? byKeySet(new URL(jwksUrl ?? ''), required, watch) : bySecret(secret, required);
  const verified = openTokenCache();

  async function prove(token: string, tokenDigest: string): Promise<Caller> {
    const { payload } = await check(token).catch((error: unknown) => {
      if (error instanceof Problem) throw error;
      if (isUnproven(error)) throw unauthorized('The token is not valid here.');
      throw unavailable('The token’s keys cannot be fetched now.');
    });
    if ((payload.exp ?? 0) * 1_000 > Date.now() + config.JWT_MAX_HOURS * HOUR_MS) {
      throw unauthorized(`The token expires in more than ${config.JWT_MAX_HOURS} hours.`);
    }
    const issuedAt = instantOf(payload.iat);
    const caller = Object.freeze({ ...toCaller(payload), tokenDigest, issuedAt });
    verified.keep(tokenDigest, caller);
    return caller;
  }

  return {
    async verify(token, isFresh = false) {
      const digest = digestOf(token);
      const caller = verified.find(digest) ?? (await prove(token, digest));
      if (await revocations?.isRevoked(caller, isFresh)) throw unauthorized('The session has ended.');
      return caller;
    },
  };
}

/** How far ahead of ours an issuer's clock may be. */
const AHEAD_MS = 300_000;

/**
 * Reads when a token was issued. What no calendar holds, or lies ahead, is as if it were not said: it would outlive the
 * end of its session.
 */
function instantOf(seconds: number | undefined): Date | undefined {
  const at = new Date((seconds ?? NaN) * 1_000);
  return at.getTime() <= Date.now() + AHEAD_MS ? at : undefined;
}

type Check = (token: string) => Promise<{ readonly payload: JWTPayload }>;

function bySecret(secret: string, required: JWTVerifyOptions): Check {
  const key = createSecretKey(secret, 'utf8');
  return (token) => jwtVerify(token, key, { ...required, algorithms: ['HS256'] });
}

/** Observes the key set, where there is one. */
export interface KeySetWatch {
  readonly registry?: Registry;
  /** The keys are old and could not be fetched again. */
  readonly onStale?: (error: unknown) => void;
}

function byKeySet(url: URL, required: JWTVerifyOptions, { registry, onStale = () => undefined }: KeySetWatch): Check {
  const keys = openKeySet(url, onStale);
  if (registry !== undefined) {
    new Gauge({
      name: 'token_keys_age_seconds', help: 'Since the keys of tokens were last fetched', registers: [registry],
      collect() {
        this.set(keys.ageSeconds());
      },
    });
  }
  return (token) => keys.verify(token, { ...required, algorithms: ['RS256', 'ES256'] });
}

/** Codes of jose that tell of the key set, not of the token. */
const KEY_SET_CODES = new Set(['ERR_JWKS_TIMEOUT', 'ERR_JWKS_INVALID', 'ERR_JOSE_GENERIC']);

const isUnproven = (error: unknown) => error instanceof errors.JOSEError && !KEY_SET_CODES.has(error.code);

const unauthorized = (detail: string) => new Problem(401, detail, { headers: { 'WWW-Authenticate': 'Bearer' } });

const userId = z.uuid().toLowerCase();
const MOST_ROLES = 1_000;
const isRole = (role: unknown): role is Role => ROLES.some((known) => known === role);
/** Issuers add roles of their own, and write what is absent as null. */
const claims = z.object({
  roles: z.array(z.unknown()).max(MOST_ROLES).transform((roles) => roles.filter(isRole)),
  tenantId: userId.nullish().transform((tenantId) => tenantId ?? undefined),
});

function toCaller({ sub, exp = 0, ...rest }: JWTPayload): Omit<Caller, 'tokenDigest' | 'issuedAt'> {
  const user = userId.safeParse(sub);
  if (!user.success) throw unauthorized('The token’s subject is not a UUID.');
  const read = claims.safeParse(rest);
  if (!read.success) throw new Problem(403, 'The token’s roles or tenant are not of a known form.');
  const { tenantId } = read.data;
  const roles = new Set(read.data.roles);
  if (roles.has('tenant') && tenantId === undefined) throw new Problem(403, 'The token’s role tenant names no tenant.');
  if (roles.has('backoffice:write')) roles.add('backoffice:read');
  return Object.freeze({ userId: user.data, roles, tenantId, verified: readVerified(rest), expiresAt: new Date(exp * 1_000) });
}

/** Reads OpenID Connect's claims. An address without its `…_verified: true` is somebody's word. */
function readVerified(rest: JWTPayload): VerifiedAddresses {
  const read = (claim: string) => {
    const address = rest[claim];
    return rest[`${claim}_verified`] === true && typeof address === 'string' ? address : undefined;
  };
  const email = readEmailAddress(read('email') ?? '');
  return { email: 'address' in email ? email.address : undefined, phone: read('phone_number') };
}

/** Verifies the bearer token where the route's rule asks for one. A route without a rule is open to nobody. */
export function authenticate(tokens: Tokens): MiddlewareHandler<Env> {
  return async (c, next) => {
    const rule = findRule(c.req.method, c.get('route'));
    if (rule === undefined || rolesOf(rule) !== undefined) {
      const [, token] = /^Bearer +([\w.~+/-]+=*)$/i.exec(c.req.header('Authorization') ?? '') ?? [];
      if (token === undefined) throw unauthorized('A bearer token is needed.');
      c.set('caller', await tokens.verify(token));
    }
    await next();
  };
}

/** Refuses callers without one of the roles that the route's rule names. */
export function authorize(): MiddlewareHandler<Env> {
  return async (c, next) => {
    const rule = findRule(c.req.method, c.get('route'));
    if (rule === undefined) throw new Problem(403, 'Nobody may call this route.');
    const roles = rolesOf(rule);
    if (roles !== undefined) assertRole(c.get('caller'), ...roles);
    await next();
  };
}

/** @throws {Problem} 403 for a caller with none of the roles. */
export function assertRole(caller: Caller, ...roles: readonly Role[]): void {
  if (roles.some((role) => caller.roles.has(role))) return;
  throw new Problem(403, `This needs the role ${roles.join(' or ')}.`);
}
