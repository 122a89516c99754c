import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import type { Role } from '../../src/api/http/roles.ts';

/** The issuer, audience and secret of tests. */
export const tokenConfig = {
  JWT_SECRET: 'a secret of tests, longer than 32 characters',
  JWKS_URL: undefined,
  JWT_ISSUER: 'techmarket',
  JWT_AUDIENCE: 'columna',
  JWT_MAX_HOURS: 24,
};

export interface TokenOptions {
  readonly userId?: string;
  readonly roles?: readonly Role[];
  readonly tenantId?: string;
  /** The mail address that the issuer verified; null for none. */
  readonly email?: string | null;
}

/** The secrets of a web process, as its environment has them. */
export const webSecrets = {
  JWT_SECRET: tokenConfig.JWT_SECRET,
  HASH_KEY: 'a hash key of tests, longer than 32 characters',
  PAYMENTS_WEBHOOK_SECRETS: 'a-webhook-secret-of-tests-longer-than-32-characters',
};

/** A valid token that lasts five minutes. */
export function makeToken({ userId = randomUUID(), roles = ['user'], tenantId, email = 'ana@example.com' }: TokenOptions = {}): Promise<string> {
  return new SignJWT({
    roles,
    ...(tenantId === undefined ? {} : { tenantId }),
    ...(email === null ? {} : { email, email_verified: true }),
  })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(userId)
    .setIssuer(tokenConfig.JWT_ISSUER)
    .setAudience(tokenConfig.JWT_AUDIENCE)
    .setIssuedAt()
    .setExpirationTime('5m')
    .sign(new TextEncoder().encode(tokenConfig.JWT_SECRET));
}
