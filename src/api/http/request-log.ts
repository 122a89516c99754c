import type { Context } from 'hono';
import type { Logger } from '../../platform/log.ts';
import type { Caller } from './auth.ts';
import type { Env } from './context.ts';

/** Returns a request's own log, made only now that the request has something to say: most requests have nothing. */
export function requestLog(c: Context<Env>): Logger {
  const caller: Caller | undefined = c.get('caller'); // absent on a public path
  return c.get('log').child({ traceId: c.get('trace').traceId, tenantId: caller?.tenantId });
}
