import type { Context, MiddlewareHandler } from 'hono';
import type { Env } from './context.ts';

/** Keeps for the answer where to read what the route creates. */
export const locate =
  (location: string | undefined): MiddlewareHandler<Env> =>
  async (c, next) => {
    c.set('location', location);
    await next();
  };

/** Returns where to read what a 201 says: `{field}` is one of the answer, `:name` one of the request's path. */
export function locationOf(c: Context<Env>, answer: string): string | undefined {
  const fields = JSON.parse(answer) as Readonly<Record<string, unknown>>;
  return c
    .get('location')
    ?.replaceAll(/\{(\w+)\}/g, (_, field: string) => encodeURIComponent(String(fields[field])))
    .replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(c.req.param(name) ?? ''));
}
