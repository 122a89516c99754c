import { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import { maskForReaders } from './http/mask-for-readers.ts';
import { accountRoutes } from './invoices/accounts.ts';
import { ambassadorRoutes } from './earnings/ambassadors.ts';
import { analyticsRoutes } from './analytics/analytics.ts';
import { appointmentRoutes } from './service/appointments.ts';
import { authenticate, authorize } from './http/auth.ts';
import { branchRoutes } from './tenants/branches.ts';
import { contactConfirmationRoutes } from './notifications/contact-confirmations.ts';
import { contactRoutes } from './tenants/contacts.ts';
import { compress } from './http/compress.ts';
import type { Api, ApiDeps, Env } from './http/context.ts';
import { crossOrigin } from './http/cross-origin.ts';
import { deviceRoutes } from './notifications/devices.ts';
import { disputeRoutes } from './payments/disputes.ts';
import { docsRoutes } from './docs/docs.ts';
import { eventsPageRoutes } from './docs/events-page.ts';
import { invoiceRoutes } from './invoices/invoices.ts';
import { knownRoutes } from './http/known-routes.ts';
import { leadRoutes } from './service/leads.ts';
import { limitAddress, limitUser } from './http/limit.ts';
import { listingRoutes } from './listings/listings.ts';
import { lostPage } from './http/lost-page.ts';
import { memberRoutes } from './tenants/members.ts';
import { noStore } from './http/no-store.ts';
import { notificationStreamRoutes } from './notifications/notifications-stream.ts';
import { notificationRoutes } from './notifications/notifications.ts';
import { observe } from './http/observe.ts';
import { paymentWebhookRoutes } from './webhooks/payments-webhook.ts';
import { performanceChargeRoutes } from './invoices/performance-charges.ts';
import { livenessRoute, readinessRoute } from './http/probes.ts';
import { answerProblem, notFound, type Problem, toProblem } from './http/problem.ts';
import { problemRoutes } from './http/problems-page.ts';
import { preferenceRoutes } from './notifications/preferences.ts';
import { quoteRoutes } from './service/quotes.ts';
import { rankingRoutes } from './ranking/rankings.ts';
import { isReadByPerson } from './http/reader-of.ts';
import { refuse } from './http/refuse.ts';
import { reportReachedBounds } from './http/report-reached-bounds.ts';
import { requestLog } from './http/request-log.ts';
import { reviewRoutes } from './service/reviews.ts';
import { startPageRoute } from './http/start-page.ts';
import { subscriptionRoutes } from './invoices/subscriptions.ts';
import { tenantRoutes } from './tenants/tenants.ts';
import { ticketRoutes } from './service/tickets.ts';
import { unsubscribeRoutes } from './notifications/unsubscribe.ts';
import { addVary } from './http/vary.ts';
import { whatsAppWebhookRoutes } from './webhooks/whatsapp-webhook.ts';

const nothingLoads = { defaultSrc: ["'none'"], frameAncestors: ["'none'"] };

/** The web process's app. It opens nothing and starts nothing. */
export function createApp(deps: ApiDeps): Api {
  const api = new OpenAPIHono<Env>({ defaultHook: refuse });

  const reached = reportReachedBounds(deps);

  api.use(observe(deps));
  api.use(noStore());
  api.use(crossOrigin(deps.config.CORS_ORIGINS));
  api.use(compress());
  // Pages bring a policy of their own.
  // With the library's no-referrer a browser sends our own forms with the origin «null», which looks like another site's.
  api.use(secureHeaders({ contentSecurityPolicy: nothingLoads, referrerPolicy: 'same-origin', overwrite: false }));
  api.use(knownRoutes(api));
  livenessRoute(api);
  api.use(limitAddress(deps.limits, deps.config.TRUSTED_PROXIES));
  readinessRoute(api, deps);
  api.use(authenticate(deps.tokens));
  api.use(limitUser(deps.limits));
  api.use(authorize());
  api.use(maskForReaders());
  startPageRoute(api);
  docsRoutes(api, deps);
  eventsPageRoutes(api, deps);
  problemRoutes(api);
  tenantRoutes(api, deps);
  memberRoutes(api, deps);
  branchRoutes(api, deps);
  listingRoutes(api, deps);
  analyticsRoutes(api, deps);
  ticketRoutes(api, deps);
  quoteRoutes(api, deps);
  appointmentRoutes(api, deps);
  leadRoutes(api, deps);
  reviewRoutes(api, deps);
  rankingRoutes(api, deps);
  subscriptionRoutes(api, deps);
  paymentWebhookRoutes(api, deps);
  whatsAppWebhookRoutes(api, deps);
  performanceChargeRoutes(api, deps);
  disputeRoutes(api, deps);
  accountRoutes(api, deps);
  invoiceRoutes(api, deps);
  ambassadorRoutes(api, deps);
  contactRoutes(api, deps);
  contactConfirmationRoutes(api, deps);
  deviceRoutes(api, deps);
  preferenceRoutes(api, deps);
  unsubscribeRoutes(api, deps);
  notificationRoutes(api, deps);
  notificationStreamRoutes(api, deps);
  deps.mountBackoffice(api, deps);

  const answer = (c: Context<Env>, problem: Problem) => {
    const response = isReadByPerson(c) ? lostPage(c, problem) : answerProblem(c, problem, deps.config.PUBLIC_URL);
    addVary(response.headers, 'Accept');
    return response;
  };
  api.notFound((c) => answer(c, notFound()));
  api.onError((error, c) => {
    const problem = toProblem(error);
    if (problem.status >= 500) requestLog(c).error({ error }, 'request failed');
    if (problem.bound !== undefined) reached(c, problem.bound);
    return answer(c, problem);
  });
  return api;
}
