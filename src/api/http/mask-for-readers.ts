import type { MiddlewareHandler } from 'hono';
import type { Caller } from './auth.ts';
import type { Env } from './context.ts';
import { factsFor, mayKnow } from './personal-data.ts';

/** Shows operators who may only read the JSON of the backoffice without addresses and numbers in what systems said. */
export function maskForReaders(): MiddlewareHandler<Env> {
  return async (c, next) => {
    await next();
    const caller: Caller | undefined = c.get('caller'); // absent on a public path
    if (caller === undefined || mayKnow(caller) || !c.req.path.startsWith('/backoffice/')) return;
    const { status, headers } = c.res;
    if (headers.get('Content-Type')?.includes('json') !== true) return;
    c.res = new Response(JSON.stringify(factsFor(caller, await c.res.json())), { status, headers });
  };
}
