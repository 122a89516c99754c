import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { openTokens } from '../../../src/api/http/auth.ts';
import { digestOf, openTokenCache } from '../../../src/api/http/token-cache.ts';
import { tokenConfig } from '../../support/tokens.ts';

const callerUntil = (expiresAt: Date) =>
  ({ userId: randomUUID(), roles: new Set(['user'] as const), tenantId: undefined, verified: {}, expiresAt, tokenDigest: 'x', issuedAt: undefined });
const bytes = (text: string) => new TextEncoder().encode(text);

afterEach(() => void vi.useRealTimers());

describe('a verified token', () => {
  test('is kept for half a minute', () => {
    vi.useFakeTimers();
    const cache = openTokenCache();
    const caller = callerUntil(new Date(Date.now() + 3_600_000));
    cache.keep('a', caller);
    vi.advanceTimersByTime(29_999);
    expect(cache.find('a')).toBe(caller);
    vi.advanceTimersByTime(1);
    expect(cache.find('a')).toBeUndefined();
  });

  test('is never kept past its expiry', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const { verify } = openTokens(tokenConfig);
    const token = await new SignJWT({ roles: ['user'] })
      .setProtectedHeader({ alg: 'HS256' }).setSubject(randomUUID()).setIssuer(tokenConfig.JWT_ISSUER)
      .setAudience(tokenConfig.JWT_AUDIENCE).setExpirationTime('2s').sign(bytes(tokenConfig.JWT_SECRET));
    await verify(token);
    vi.setSystemTime(Date.now() + 2_000);
    await expect(verify(token)).rejects.toMatchObject({ status: 401 });
  });

  test('gives way to newer ones', () => {
    const cache = openTokenCache({ mostTokens: 2 });
    for (const digest of ['a', 'b', 'c']) cache.keep(digest, callerUntil(new Date(Date.now() + 60_000)));
    expect(['a', 'b', 'c'].map((digest) => cache.find(digest) !== undefined)).toEqual([false, true, true]);
  });

  test('proves nothing about another token', () => {
    const cache = openTokenCache();
    cache.keep(digestOf('one'), callerUntil(new Date(Date.now() + 60_000)));
    expect(cache.find(digestOf('other'))).toBeUndefined();
  });
});

test('a token that failed is looked at again, and fails again', async () => {
  const { verify } = openTokens(tokenConfig);
  const token = await new SignJWT({ roles: ['user'] })
    .setProtectedHeader({ alg: 'HS256' }).setSubject(randomUUID()).setExpirationTime('1m')
    .sign(bytes('x'.repeat(32)));
  for (let asked = 0; asked < 2; asked += 1) await expect(verify(token)).rejects.toMatchObject({ status: 401 });
});
