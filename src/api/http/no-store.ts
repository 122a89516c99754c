import type { MiddlewareHandler } from 'hono';
import type { Env } from './context.ts';

/** Keeps answers out of every cache, unless their route says more: most are about one person, or about now. */
export function noStore(): MiddlewareHandler<Env> {
  return async (c, next) => {
    await next();
    if (!c.res.headers.has('Cache-Control')) c.res.headers.set('Cache-Control', 'no-store');
  };
}
