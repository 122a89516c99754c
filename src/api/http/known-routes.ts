import type { MiddlewareHandler } from 'hono';
import { TrieRouter } from 'hono/router/trie-router';
import type { Api, Env } from './context.ts';
import { notFound, Problem } from './problem.ts';

interface Known {
  readonly pattern: string;
  readonly method: string;
}

/**
 * Answers what no route is for, before anything else is done for it: 404, or 405 with the methods that there are.
 * It reads the routes at the first request, when all are there.
 */
export function knownRoutes(api: Api): MiddlewareHandler<Env> {
  let router: TrieRouter<Known> | undefined;
  return async (c, next) => {
    router ??= readRoutes(api);
    const routes = mostLiteral(router.match('ALL', c.req.path)[0].map(([route]) => route));
    const [route] = routes;
    if (route === undefined) throw notFound();
    c.set('route', route.pattern);
    const methods = new Set(routes.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method])));
    if (!methods.has('ALL') && !methods.has(c.req.method)) {
      const Allow = [...methods].join(', ');
      throw new Problem(405, `Method not allowed. Use ${[...methods].join(' or ')}.`, { headers: { Allow } });
    }
    await next();
  };
}

/** Drops routes with a parameter where another one has a word: `/devices/remove` is no device. */
function mostLiteral(routes: readonly Known[]): readonly Known[] {
  const parameters = ({ pattern }: Known) => (pattern.includes('*') ? 0 : pattern.split(':').length);
  const fewest = Math.min(...routes.map(parameters).filter((count) => count > 0));
  return routes.filter((route) => parameters(route) === 0 || parameters(route) === fewest);
}

function readRoutes(api: Api): TrieRouter<Known> {
  const router = new TrieRouter<Known>();
  const seen = new Set<string>();
  for (const { method, path } of api.routes) {
    // Middleware for every path is not a route; a route's own middleware repeats it.
    if (path === '/*' || seen.has(`${method} ${path}`)) continue;
    seen.add(`${method} ${path}`);
    router.add('ALL', path, { method, pattern: path });
  }
  return router;
}
