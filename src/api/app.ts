import { OpenAPIHono } from '@hono/zod-openapi';
import { secureHeaders } from 'hono/secure-headers';
import { eventRoutes } from '../backoffice/events.ts';
import { queueRoutes } from '../backoffice/queues.ts';
import { signInRoutes } from '../backoffice/sign-in.ts';
import { authenticate } from './auth.ts';
import type { Api, ApiDeps, Env } from './context.ts';
import { docsRoutes } from './docs.ts';
import { knownRoutes } from './known-routes.ts';
import { limitAddress, limitUser } from './limit.ts';
import { notificationRoutes } from './notifications.ts';
import { observe } from './observe.ts';
import { probeRoutes } from './probes.ts';
import { answerProblem, notFound, toProblem } from './problem.ts';
import { refuse } from './refuse.ts';
import { tenantRoutes } from './tenants.ts';
import { ticketRoutes } from './tickets.ts';

/** Paths that need no bearer token. The queues' pages are there because they have a session of their own. */
export const publicPaths: readonly RegExp[] = Object.freeze([
  /^\/(livez|readyz|metrics|openapi\.json|docs)$/,
  /^\/docs\/[^/]+$/,
  /^\/backoffice\/sign-(in|out)$/,
  /^\/backoffice\/queues(\/|$)/,
]);

const nothingLoads = { defaultSrc: ["'none'"], frameAncestors: ["'none'"] };

/** The web process's app. It opens nothing and starts nothing. */
export function createApp(deps: ApiDeps): Api {
  const api = new OpenAPIHono<Env>({ defaultHook: refuse });
  const isPublic = (path: string) => publicPaths.some((known) => known.test(path));

  api.use(observe(deps));
  // Pages bring a policy of their own.
  // With the library's no-referrer a browser sends our own forms with the origin «null», which looks like another site's.
  api.use(secureHeaders({ contentSecurityPolicy: nothingLoads, referrerPolicy: 'same-origin', overwrite: false }));
  api.use(knownRoutes(api));
  probeRoutes(api, deps);
  api.use(limitAddress(deps.limits, deps.config.TRUSTED_PROXIES));
  api.use(authenticate(deps.tokens, isPublic));
  api.use(limitUser(deps.limits));
  docsRoutes(api);
  tenantRoutes(api, deps);
  ticketRoutes(api, deps);
  notificationRoutes(api, deps);
  eventRoutes(api, deps);
  signInRoutes(api, deps);
  queueRoutes(api, deps);

  api.notFound((c) => answerProblem(c, notFound()));
  api.onError((error, c) => {
    const problem = toProblem(error);
    if (problem.status >= 500) c.get('log').error({ error }, 'request failed');
    return answerProblem(c, problem);
  });
  return api;
}
