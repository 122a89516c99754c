import { OpenAPIHono } from '@hono/zod-openapi';
import { secureHeaders } from 'hono/secure-headers';
import { cloudEventRoutes } from '../backoffice/cloud-events.ts';
import { creditInvoiceRoutes } from '../backoffice/credit-invoices.ts';
import { doctorRoutes } from '../backoffice/doctor.ts';
import { eventRoutes } from '../backoffice/events.ts';
import { fraudCaseRoutes } from '../backoffice/fraud-cases.ts';
import { jobRoutes } from '../backoffice/jobs.ts';
import { moderationRoutes } from '../backoffice/moderation.ts';
import { notificationAuditRoutes } from '../backoffice/notifications.ts';
import { payoutCycleRoutes } from '../backoffice/payout-cycles.ts';
import { queueRoutes } from '../backoffice/queues.ts';
import { resendNotificationRoutes } from '../backoffice/resend-notifications.ts';
import { settlementRoutes } from '../backoffice/settlements.ts';
import { steerJobRoutes } from '../backoffice/steer-jobs.ts';
import { templatePreviewRoutes } from '../backoffice/template-previews.ts';
import { templateRoutes } from '../backoffice/templates.ts';
import { backofficePages } from '../backoffice/ui/index.ts';
import { ambassadorRoutes } from './ambassadors.ts';
import { analyticsRoutes } from './analytics.ts';
import { appointmentRoutes } from './appointments.ts';
import { authenticate } from './auth.ts';
import { branchRoutes } from './branches.ts';
import { contactRoutes } from './contacts.ts';
import type { Api, ApiDeps, Env } from './context.ts';
import { deviceRoutes } from './devices.ts';
import { disputeRoutes } from './disputes.ts';
import { docsRoutes } from './docs.ts';
import { eventsPageRoutes } from './events-page.ts';
import { invoiceRoutes } from './invoices.ts';
import { knownRoutes } from './known-routes.ts';
import { leadRoutes } from './leads.ts';
import { limitAddress, limitUser } from './limit.ts';
import { listingRoutes } from './listings.ts';
import { notificationStreamRoutes } from './notifications-stream.ts';
import { notificationRoutes } from './notifications.ts';
import { observe } from './observe.ts';
import { paymentWebhookRoutes } from './payments-webhook.ts';
import { performanceChargeRoutes } from './performance-charges.ts';
import { probeRoutes } from './probes.ts';
import { answerProblem, notFound, toProblem } from './problem.ts';
import { preferenceRoutes } from './preferences.ts';
import { quoteRoutes } from './quotes.ts';
import { rankingRoutes } from './rankings.ts';
import { refuse } from './refuse.ts';
import { requestLog } from './request-log.ts';
import { reviewRoutes } from './reviews.ts';
import { subscriptionRoutes } from './subscriptions.ts';
import { tenantRoutes } from './tenants.ts';
import { ticketRoutes } from './tickets.ts';
import { unsubscribeRoutes } from './unsubscribe.ts';
import { whatsAppWebhookRoutes } from './whatsapp-webhook.ts';

/** Paths that need no bearer token: the queues' pages have a session of their own, webhooks and unsubscribing are signed. */
export const publicPaths: readonly RegExp[] = Object.freeze([
  /^\/(livez|readyz|metrics|openapi\.json|docs|asyncapi\.json|events)$/,
  /^\/docs\/[^/]+$/,
  /^\/backoffice(\/sign-(in|out)|\/ui\/.*)?$/,
  /^\/backoffice\/queues(\/|$)/,
  /^\/webhooks\/payments\/[^/]+$/,
  /^\/webhooks\/whatsapp$/,
  /^\/unsubscribe\/[^/]+\/[^/]+$/,
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
  eventsPageRoutes(api, deps);
  tenantRoutes(api, deps);
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
  invoiceRoutes(api, deps);
  creditInvoiceRoutes(api, deps);
  ambassadorRoutes(api, deps);
  payoutCycleRoutes(api, deps);
  contactRoutes(api, deps);
  deviceRoutes(api, deps);
  preferenceRoutes(api, deps);
  unsubscribeRoutes(api, deps);
  notificationRoutes(api, deps);
  notificationStreamRoutes(api, deps);
  eventRoutes(api, deps);
  settlementRoutes(api, deps);
  jobRoutes(api, deps);
  steerJobRoutes(api, deps);
  fraudCaseRoutes(api, deps);
  notificationAuditRoutes(api, deps);
  resendNotificationRoutes(api, deps);
  moderationRoutes(api, deps);
  templateRoutes(api, deps);
  templatePreviewRoutes(api, deps);
  cloudEventRoutes(api, deps);
  doctorRoutes(api, deps);
  backofficePages(api, deps);
  queueRoutes(api, deps);

  api.notFound((c) => answerProblem(c, notFound()));
  api.onError((error, c) => {
    const problem = toProblem(error);
    if (problem.status >= 500) requestLog(c).error({ error }, 'request failed');
    return answerProblem(c, problem);
  });
  return api;
}
