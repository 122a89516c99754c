import type { Context, MiddlewareHandler } from 'hono';
import { networkOf } from '../../platform/network-of.ts';
import type { Allowance } from '../../platform/rate-limit.ts';
import type { Caller } from './auth.ts';
import { addressOf } from './client-address.ts';
import type { Env, Limits } from './context.ts';
import { Problem } from './problem.ts';

/** Limits how often a network may ask, before anything costly is done for it. */
export function limitAddress({ address }: Pick<Limits, 'address'>, trustedProxies: number): MiddlewareHandler<Env> {
  return async (c, next) => {
    const allowance = await address.take(networkOf(addressOf(c, trustedProxies)));
    assertAllowed(allowance);
    await next();
    showAllowance(c, allowance);
  };
}

/** Limits how often a signed-in user may ask; what is left of it is the answer's RateLimit headers. */
export function limitUser({ user }: Pick<Limits, 'user'>): MiddlewareHandler<Env> {
  return async (c, next) => {
    const caller: Caller | undefined = c.get('caller'); // nobody's on a public path
    const allowance = caller && (await user.take(caller.userId));
    assertAllowed(allowance);
    await next();
    showAllowance(c, allowance);
  };
}

function assertAllowed(allowance: Allowance | undefined): void {
  if (allowance === undefined || allowance.allowed) return;
  const headers = { ...toHeaders(allowance), 'Retry-After': String(allowance.resetSeconds) };
  throw new Problem(429, 'Too many requests.', { headers });
}

function showAllowance(c: Context<Env>, allowance: Allowance | undefined): void {
  if (allowance === undefined || c.res.headers.has('RateLimit-Limit')) return;
  for (const [name, value] of Object.entries(toHeaders(allowance))) c.res.headers.set(name, value);
}

const toHeaders = ({ limit, remaining, resetSeconds }: Allowance) => ({
  'RateLimit-Limit': String(limit),
  'RateLimit-Remaining': String(remaining),
  'RateLimit-Reset': String(resetSeconds),
});
