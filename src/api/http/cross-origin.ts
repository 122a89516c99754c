import type { MiddlewareHandler } from 'hono';
import { answerHeaders } from './answers.ts';
import type { Env } from './context.ts';
import { addVary } from './vary.ts';

const PREFLIGHT_SECONDS = 600;

const READABLE = [...Object.keys(answerHeaders), 'Allow', 'Content-Disposition', 'ETag'].join(', ');
const PREFLIGHT = {
  'Access-Control-Allow-Methods': 'GET, HEAD, POST',
  'Access-Control-Allow-Headers':
    'Authorization, Content-Type, Idempotency-Key, If-None-Match, Last-Event-ID, traceparent, tracestate',
  'Access-Control-Max-Age': String(PREFLIGHT_SECONDS),
};

/**
 * Lets pages of exactly these origins call the API with a token (CORS). Cookies are never allowed, so that a session of
 * the backoffice is of no use to another site.
 */
export function crossOrigin(origins: readonly string[]): MiddlewareHandler<Env> {
  return async (c, next) => {
    const origin = c.req.header('Origin');
    const isKnown = origin !== undefined && origins.includes(origin);
    if (isKnown && c.req.method === 'OPTIONS' && c.req.header('Access-Control-Request-Method') !== undefined) {
      return c.body(null, 204, { ...PREFLIGHT, 'Access-Control-Allow-Origin': origin, Vary: 'Origin' });
    }
    await next();
    if (origins.length > 0) addVary(c.res.headers, 'Origin');
    if (isKnown) {
      c.res.headers.set('Access-Control-Allow-Origin', origin);
      c.res.headers.set('Access-Control-Expose-Headers', READABLE);
    }
    return undefined;
  };
}
