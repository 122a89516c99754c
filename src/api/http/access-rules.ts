import type { BoundName } from '../../domain/bounds.ts';
import type { Role } from './roles.ts';

/**
 * Callers of a route: bearers of a token with one of the roles, anybody, the sender of a signed link or webhook, or an
 * operator with a session of the backoffice.
 */
export type Callers = readonly Role[] | 'public' | 'signature' | 'session:read' | 'session:write';

/** One route's row: its callers, the things they may name, the people whom a call costs or reaches, and how often. */
export interface AccessRule {
  readonly callers: Callers;
  readonly about: string;
  readonly affects: string;
  /** Bounds on what one person causes by it; the rate limits of users and addresses hold for every route. */
  readonly bounds: readonly BoundName[];
}

const people = ['user', 'tenant'] as const;
const anyRole = ['user', 'tenant', 'backoffice:read', 'frontend'] as const;
const parties = ['user', 'tenant', 'backoffice:read'] as const;
const visitors = ['user', 'tenant', 'frontend'] as const;
const tenantOrWriter = ['tenant', 'backoffice:write'] as const;
const tenantOrReader = ['tenant', 'backoffice:read'] as const;
const reader = ['backoffice:read'] as const;
const writer = ['backoffice:write'] as const;

const rule = (callers: Callers, about: string, affects = 'nobody', ...bounds: readonly BoundName[]): AccessRule =>
  ({ callers, about, affects, bounds });

const SELF = 'oneself';
const OWN_TENANT = 'the caller’s tenant';
const OWN_TICKET = 'tickets that the caller opened or the caller’s tenant received';
const EVERYTHING = 'everything, on record';

/** The row of each route. A route without a row is open to nobody; pages below `/backoffice/ui` share two rows. */
export const accessRules: Readonly<Record<string, AccessRule>> = Object.freeze({
  'GET /': rule('public', 'documents'),
  'GET /robots.txt': rule('public', 'documents'),
  'GET /favicon.ico': rule('public', 'documents'),
  'GET /livez': rule('public', 'the process'),
  'GET /readyz': rule('public', 'the process'),
  'GET /openapi.json': rule('public', 'documents'),
  'GET /docs': rule('public', 'documents'),
  'GET /docs/start.js': rule('public', 'documents'),
  'GET /docs/:file': rule('public', 'documents'),
  'GET /asyncapi.json': rule('public', 'documents'),
  'GET /events': rule('public', 'documents'),
  'GET /problems': rule('public', 'documents'),
  'GET /problems/:code': rule('public', 'documents'),

  'POST /tenants': rule(['user'], SELF, 'the caller: a welcome', 'tenants'),
  'GET /tenants/:id': rule(parties, OWN_TENANT),
  'POST /tenants/:id/verify': rule(writer, 'any tenant, on record', 'the tenant’s owner: a notification'),
  'POST /tenants/:id/invitations': rule(['tenant'], OWN_TENANT, 'nobody', 'invitations'),
  'GET /tenants/:id/invitations': rule(tenantOrReader, OWN_TENANT),
  'GET /tenants/:id/invitations/:invitationId': rule(['tenant'], 'invitations that the caller created'),
  'POST /memberships': rule(people, 'the invitation whose code they have'),
  'GET /tenants/:id/members': rule(tenantOrReader, OWN_TENANT),
  'GET /tenants/:id/members/:userId': rule(parties, `${OWN_TENANT}, and the caller’s own membership`),
  'POST /tenants/:id/members/remove': rule(['tenant'], OWN_TENANT, 'the member: assignments'),
  'POST /tenants/:id/branches': rule(['tenant'], OWN_TENANT),
  'GET /tenants/:id/branches': rule(tenantOrReader, OWN_TENANT),
  'GET /branches/:id': rule(tenantOrReader, OWN_TENANT),
  'POST /branches/:id': rule(['tenant'], OWN_TENANT),
  'POST /tenants/:id/listings': rule(['tenant'], OWN_TENANT),
  'POST /listings/:id/flags': rule(['user', 'backoffice:write'], 'any listing', 'operators: a case', 'flags'),
  'GET /listings/:id/flags/me': rule(['user', 'backoffice:write'], SELF),
  'GET /listings/:id': rule(anyRole, 'published listings'),
  'POST /analytics/visits': rule(visitors, 'any listing', 'its tenant: a charge, a rank', 'clicks', 'addresses'),
  'GET /rankings/:zone': rule(anyRole, 'published rankings'),
  'GET /tenants/:id/ranking': rule(tenantOrReader, OWN_TENANT),
  'GET /tenants/:id/reviews': rule(anyRole, 'published reviews'),
  'GET /reviews/:id': rule(anyRole, 'published reviews'),
  'GET /tenants/:id/reputation': rule(anyRole, 'published reputations'),

  'POST /tickets': rule(['user'], 'a verified tenant', 'the tenant’s owner: a notification', 'tickets', 'contacts'),
  'GET /tickets/:id': rule(parties, OWN_TICKET),
  'POST /tickets/:id/assign': rule(tenantOrWriter, OWN_TICKET, 'the assignee: a notification', 'assignments'),
  'POST /tickets/:id/close': rule(people, OWN_TICKET, 'both parties: a notification'),
  'POST /tickets/:id/quotes': rule(['tenant'], OWN_TICKET, 'the customer: a notification', 'quotes'),
  'GET /tickets/:id/quotes': rule(parties, OWN_TICKET),
  'GET /quotes/:id': rule(parties, OWN_TICKET),
  'POST /quotes/:id/approve': rule(['user'], 'quotes of tickets that the caller opened', 'the tenant: a notification'),
  'POST /tickets/:id/appointments': rule(people, OWN_TICKET, 'both parties: notifications', 'appointments'),
  'GET /tickets/:id/appointments': rule(parties, OWN_TICKET),
  'GET /appointments/:id': rule(parties, OWN_TICKET),
  'POST /appointments/:id/move': rule(people, OWN_TICKET, 'both parties: notifications', 'appointments'),
  'POST /appointments/:id/cancel': rule(people, OWN_TICKET, 'both parties: a notification'),
  'POST /tickets/:id/reviews': rule(['user'], 'closed tickets that the caller opened', 'the tenant: its reputation'),
  'POST /tenants/:id/leads': rule(people, 'a verified tenant', 'the owner: a notification', 'leads'),
  'GET /tenants/:id/leads': rule(['tenant'], OWN_TENANT),
  'GET /leads/:id': rule(people, `leads of ${OWN_TENANT}, or that the caller created`),
  'POST /leads/:id/status': rule(['tenant'], OWN_TENANT),

  'POST /tenants/:id/subscriptions': rule(tenantOrWriter, OWN_TENANT, 'the tenant: its invoices'),
  'GET /tenants/:id/subscriptions': rule(tenantOrReader, OWN_TENANT),
  'GET /tenants/:id/subscriptions/:subscriptionId': rule(tenantOrReader, OWN_TENANT),
  'POST /tenants/:id/subscriptions/:subscriptionId/end': rule(tenantOrWriter, OWN_TENANT),
  'GET /tenants/:id/charges': rule(tenantOrReader, OWN_TENANT),
  'GET /tenants/:id/account': rule(tenantOrReader, OWN_TENANT),
  'GET /tenants/:id/invoices': rule(tenantOrReader, OWN_TENANT),
  'GET /invoices/:id': rule(tenantOrReader, OWN_TENANT),
  'GET /invoices/:id/html': rule(tenantOrReader, OWN_TENANT),
  'GET /invoices/:id/pdf': rule(tenantOrReader, OWN_TENANT),
  'POST /tenants/:id/disputes': rule(['tenant'], OWN_TENANT, 'operators: a dispute to decide'),
  'GET /disputes/:id': rule(tenantOrReader, OWN_TENANT),
  'GET /ambassadors/me/commissions': rule(['user'], SELF),

  'POST /users/me/contact': rule(people, SELF, 'the address’s owner: one request to confirm', 'contacts'),
  'POST /users/me/contact/confirm': rule(people, SELF, 'nobody', 'codes'),
  'GET /contacts/:id/:token': rule('signature', 'the owner of one address'),
  'POST /contacts/:id/:token': rule('signature', 'the owner of one address'),
  'POST /users/me/whatsapp': rule(people, SELF, 'the number’s owner: one request to confirm', 'contacts'),
  'GET /users/me/devices/web-push-key': rule(anyRole, 'the marketplace’s key'),
  'POST /users/me/devices': rule(people, SELF),
  'GET /users/me/devices': rule(people, SELF),
  'GET /users/me/devices/:id': rule(people, SELF),
  'POST /users/me/devices/remove': rule(people, SELF),
  'GET /users/me/preferences': rule(parties, SELF),
  'POST /users/me/preferences': rule(parties, SELF),
  'GET /notifications/me': rule(parties, SELF),
  'GET /notifications/stream': rule(parties, SELF),
  'POST /notifications/read': rule(parties, SELF),
  'GET /unsubscribe/:id/:token': rule('signature', 'the recipient of one mail'),
  'POST /unsubscribe/:id/:token': rule('signature', 'the recipient of one mail'),

  'GET /webhooks/payments/:provider': rule('signature', 'the provider’s payments'),
  'POST /webhooks/payments/:provider': rule('signature', 'the provider’s payments', 'payers: what they owe'),
  'GET /webhooks/whatsapp': rule('signature', 'the provider’s messages'),
  'POST /webhooks/whatsapp': rule('signature', 'the provider’s messages', 'recipients: a consent'),

  'POST /backoffice/disputes/:id/resolve': rule(writer, EVERYTHING, 'the tenant: a credit'),
  'POST /backoffice/invoices/:id/credit': rule(writer, EVERYTHING, 'the tenant: a credit note'),
  'POST /backoffice/invoices/:id/reissue': rule(writer, EVERYTHING, 'the tenant: a corrected invoice'),
  'POST /backoffice/ambassadors/:userId/attributions': rule(writer, EVERYTHING, 'the ambassador: commissions'),
  'GET /backoffice/attributions/:id': rule(reader, EVERYTHING),
  'POST /backoffice/attributions/:id/end': rule(writer, EVERYTHING, 'the ambassador: commissions'),
  'POST /backoffice/payout-cycles/close': rule(writer, EVERYTHING, 'ambassadors: their payout'),
  'GET /backoffice/events/outbox': rule(reader, EVERYTHING),
  'GET /backoffice/events/failed': rule(reader, EVERYTHING),
  'POST /backoffice/events/retry': rule(writer, EVERYTHING, 'whom the events reach'),
  'GET /backoffice/events/cloudevents': rule(reader, EVERYTHING),
  'POST /backoffice/events/:id/reveal': rule(reader, EVERYTHING),
  'POST /backoffice/settlement-reports': rule(writer, EVERYTHING, 'operators: mismatches'),
  'GET /backoffice/settlement-reports/:id': rule(reader, EVERYTHING),
  'GET /backoffice/payment-mismatches': rule(reader, EVERYTHING),
  'GET /backoffice/payment-mismatches/:id': rule(reader, EVERYTHING),
  'POST /backoffice/payment-mismatches/:id/resolve': rule(writer, EVERYTHING, 'nobody: a record'),
  'GET /backoffice/account-mismatches': rule(reader, EVERYTHING),
  'GET /backoffice/jobs': rule(reader, EVERYTHING),
  'GET /backoffice/jobs/:name/runs': rule(reader, EVERYTHING),
  'POST /backoffice/jobs/:name/run': rule(writer, EVERYTHING, 'whom the job reaches or bills'),
  'GET /backoffice/jobs/:name/backfill': rule(reader, EVERYTHING),
  'POST /backoffice/jobs/:name/backfill': rule(writer, EVERYTHING, 'whom the job reaches or bills'),
  'POST /backoffice/jobs/:name/pause': rule(writer, EVERYTHING),
  'POST /backoffice/jobs/:name/resume': rule(writer, EVERYTHING, 'whom the job reaches or bills'),
  'GET /backoffice/held-charges': rule(reader, EVERYTHING),
  'POST /backoffice/held-charges/:id/resolve': rule(writer, EVERYTHING, 'the tenant: a charge'),
  'GET /backoffice/fraud-cases': rule(reader, EVERYTHING),
  'GET /backoffice/fraud-cases/:id': rule(reader, EVERYTHING),
  'POST /backoffice/fraud-cases/:id/resolve': rule(writer, EVERYTHING, 'the suspect: charges, payouts'),
  'POST /backoffice/fraud-cases/:id/settle': rule(writer, EVERYTHING, 'the suspect: payouts'),
  'POST /backoffice/fraud-cases/:id/reverse': rule(writer, EVERYTHING, 'the suspect: commissions, payouts'),
  'GET /backoffice/notifications': rule(reader, EVERYTHING),
  'GET /backoffice/notifications/explain': rule(reader, EVERYTHING),
  'GET /backoffice/notifications/failed': rule(reader, EVERYTHING),
  'GET /backoffice/notifications/missed': rule(reader, EVERYTHING),
  'POST /backoffice/notifications/missed': rule(writer, EVERYTHING, 'users with missed notices: messages'),
  'POST /backoffice/notifications/resend': rule(writer, EVERYTHING, 'one recipient: a message'),
  'POST /backoffice/notifications/recover': rule(writer, EVERYTHING, 'recipients of failed messages'),
  'POST /backoffice/moderation': rule(writer, EVERYTHING, 'the author: a removal'),
  'GET /backoffice/templates': rule(reader, EVERYTHING),
  'GET /backoffice/templates/:name': rule(reader, EVERYTHING),
  'GET /backoffice/templates/:name/versions/:version': rule(reader, EVERYTHING),
  'POST /backoffice/templates/:name/versions': rule(writer, EVERYTHING),
  'POST /backoffice/templates/:name/current': rule(writer, EVERYTHING, 'every later recipient'),
  'POST /backoffice/templates/:name/preview': rule(reader, EVERYTHING),
  'POST /backoffice/templates/:name/diff': rule(reader, EVERYTHING),
  'POST /backoffice/sessions/end': rule(writer, EVERYTHING, 'the user: signed out everywhere'),
  'GET /backoffice/approvals': rule(reader, EVERYTHING),
  'GET /backoffice/bounds': rule(reader, EVERYTHING),
  'GET /backoffice/doctor': rule(reader, 'the deployment'),

  'GET /backoffice/sign-in': rule('public', 'a form'),
  'POST /backoffice/sign-in': rule('public', 'the token that is shown'),
  'POST /backoffice/sign-out': rule('public', 'the session of the browser'),
  'GET /backoffice/ui/assets/:file': rule('public', 'documents'),
  'GET /backoffice': rule('session:read', EVERYTHING),
  'GET /backoffice/ui/*': rule('session:read', EVERYTHING),
  'POST /backoffice/ui/*': rule('session:write', EVERYTHING, 'whom the action reaches or bills'),
  'ALL /backoffice/queues/*': rule('session:read', 'the queues; changes need backoffice:write and are on record'),
});

/** Returns the row of a route, by its method and its pattern. */
export function findRule(method: string, pattern: string): AccessRule | undefined {
  const verb = method === 'HEAD' ? 'GET' : method;
  const page = pattern.startsWith('/backoffice/ui/') ? `${verb} /backoffice/ui/*` : undefined;
  const keys = [`${verb} ${pattern}`, page, `ALL ${pattern}`];
  const key = keys.find((one) => one !== undefined && Object.hasOwn(accessRules, one));
  return key === undefined ? undefined : accessRules[key];
}

/** Returns the roles of which a bearer needs one, or undefined for a route that takes no bearer token. */
export function rolesOf({ callers }: AccessRule): readonly Role[] | undefined {
  return typeof callers === 'string' ? undefined : callers;
}
