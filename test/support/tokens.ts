import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import type { Role } from '../../src/api/auth.ts';

/** The issuer, audience and secret of tests. */
export const tokenConfig = {
  JWT_SECRET: 'a secret of tests, longer than 32 characters',
  JWKS_URL: undefined,
  JWT_ISSUER: 'techmarket',
  JWT_AUDIENCE: 'columna',
};

export interface TokenOptions {
  readonly userId?: string;
  readonly roles?: readonly Role[];
  readonly tenantId?: string;
}

/** A valid token that lasts five minutes. */
export function makeToken({ userId = randomUUID(), roles = ['user'], tenantId }: TokenOptions = {}): Promise<string> {
  return new SignJWT({ roles, ...(tenantId === undefined ? {} : { tenantId }) })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(userId)
    .setIssuer(tokenConfig.JWT_ISSUER)
    .setAudience(tokenConfig.JWT_AUDIENCE)
    .setIssuedAt()
    .setExpirationTime('5m')
    .sign(new TextEncoder().encode(tokenConfig.JWT_SECRET));
}
