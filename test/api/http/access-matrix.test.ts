import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { accessRules, rolesOf } from '../../../src/api/http/access-rules.ts';
import { createApp } from '../../../src/api/app.ts';
import type { Api } from '../../../src/api/http/context.ts';
import type { Sql } from '../../../src/platform/postgres.ts';
import { appDeps, contact, signIn, signInOperators, tenantBody, ticketBody, type Client } from '../../support/app.ts';
import { createDatabase } from '../../support/database.ts';
import { STANDARD_PLAN } from '../../support/money.ts';
import {
  assignedTicket, inDays, joined, leadBody, listingBody, made, openedDispute, placeBody, publishedListing, quoteBody,
  reviewBody, reviewedTicket,
} from '../../support/service.ts';

/** Kinds of callers: of tenant A its customer, owner, member and ambassador; strangers; operators; the front end. */
const KINDS = ['no role', 'user', 'customer', 'owner', 'member', 'other tenant', 'ambassador', 'reader', 'writer', 'frontend'] as const;
type Kind = (typeof KINDS)[number];

const persons: readonly Kind[] = ['user', 'customer', 'ambassador'];
const staff: readonly Kind[] = ['owner', 'member'];
const tenants: readonly Kind[] = [...staff, 'other tenant'];
const operators: readonly Kind[] = ['reader', 'writer'];
const everyRole = KINDS.filter((kind) => kind !== 'no role');
const people: readonly Kind[] = [...persons, ...tenants];

/** Tenant A with something of everything, and each kind of caller. */
async function openWorld(app: Api, sql: Sql) {
  const shop = await publishedListing(app);
  const { tenantId, owner } = shop;
  const member = await joined(app, shop);
  const { ticketId, customer } = await assignedTicket(app, shop);
  const quoteId = await made(owner, `/tickets/${ticketId}/quotes`, quoteBody());
  const appointmentId = await made(owner, `/tickets/${ticketId}/appointments`, { startsAt: inDays(2) });
  const lead = await made(customer, `/tenants/${tenantId}/leads`, leadBody);
  const subscription = await made(owner, `/tenants/${tenantId}/subscriptions`, {
    plan: 'basic', period: 'monthly', startsOn: new Date().toISOString().slice(0, 10),
  });
  const invitation = await made(owner, `/tenants/${tenantId}/invitations`, {});
  const user = await signIn(app);
  await user.post(`/listings/${shop.listingId}/flags`, { reason: 'wrong number' });
  const device = await made(user, '/users/me/devices', { platform: 'fcm', token: randomUUID() });
  const ambassador = await signIn(app);
  const attribution = { tenantId, planId: STANDARD_PLAN, startsOn: '2026-01-01' };
  await made(await signInOperators(app), `/backoffice/ambassadors/${ambassador.userId}/attributions`, attribution);
  const other = await publishedListing(app);
  const callers: Readonly<Record<Kind, Client>> = {
    'no role': await signIn(app, { roles: [] }),
    user,
    customer,
    owner,
    member: await signIn(app, { userId: member, roles: ['tenant'], tenantId }),
    'other tenant': other.owner,
    ambassador,
    reader: await signIn(app, { roles: ['backoffice:read'] }),
    writer: await signIn(app, { roles: ['backoffice:write'] }),
    frontend: await signIn(app, { roles: ['frontend'] }),
  };
  const invoice = await issueInvoice(sql, tenantId);
  const dispute = await openedDispute(sql, shop);
  const { reviewId: review } = await reviewedTicket(app, { tenant: shop });
  return { ...shop, invitation, device, dispute, review, callers, ticketId, quoteId, appointmentId, lead, subscription, invoice, member };
}

async function issueInvoice(sql: Sql, tenantId: string): Promise<string> {
  const { issueMonthlyInvoices } = await import('../../../src/store/invoices/monthly-invoices.ts');
  const { transaction } = await import('../../../src/platform/transaction.ts');
  const month = `${new Date().toISOString().slice(0, 7)}-01`;
  await transaction(sql, (tx) => issueMonthlyInvoices(tx, { tenants: { only: tenantId }, month, issuedAt: new Date() }));
  const [invoice] = await sql<{ id: string }[]>`select id from invoice where tenant_id = ${tenantId}`;
  return invoice?.id ?? '';
}

type World = Awaited<ReturnType<typeof openWorld>>;

/** The kinds that get in, the path of tenant A's thing, and a body that would be right. */
interface Row {
  readonly admits: readonly Kind[];
  readonly path: (world: World) => string;
  readonly body?: (world: World) => object;
}

const row = (admits: readonly Kind[], path: Row['path'], body?: Row['body']): Row => ({ admits, path, ...(body && { body }) });
const ofTenant = (rest: string) => ({ tenantId }: World) => `/tenants/${tenantId}${rest}`;
const ofTicket = (rest: string) => ({ ticketId }: World) => `/tickets/${ticketId}${rest}`;
const readsTenant = [...staff, ...operators];
const readsTicket: readonly Kind[] = ['customer', ...staff, ...operators];
const partyOfTicket: readonly Kind[] = ['customer', ...staff];

const MATRIX: Readonly<Record<string, Row>> = {
  'POST /tenants': row(persons, () => '/tenants', () => tenantBody),
  'GET /tenants/:id': row(['owner', 'member', ...operators], ofTenant('')),
  'POST /tenants/:id/verify': row(['writer'], ofTenant('/verify'), () => ({ evidence: { kind: 'x', reference: 'x' } })),
  'POST /tenants/:id/invitations': row(staff, ofTenant('/invitations'), () => ({})),
  'GET /tenants/:id/invitations': row(readsTenant, ofTenant('/invitations')),
  'GET /tenants/:id/invitations/:invitationId': row(['owner'], ({ tenantId, invitation }) => `/tenants/${tenantId}/invitations/${invitation}`),
  'POST /memberships': row(people, () => '/memberships', () => ({ code: 'x', contact })),
  'GET /tenants/:id/members': row(readsTenant, ofTenant('/members')),
  'GET /tenants/:id/members/:userId': row(readsTenant, ({ tenantId, member }) => `/tenants/${tenantId}/members/${member}`),
  'POST /tenants/:id/members/remove': row(staff, ofTenant('/members/remove'), ({ owner }) => ({ userId: owner.userId })),
  'POST /tenants/:id/branches': row(staff, ofTenant('/branches'), () => placeBody),
  'GET /tenants/:id/branches': row(readsTenant, ofTenant('/branches')),
  'GET /branches/:id': row(readsTenant, ({ branchId }) => `/branches/${branchId}`),
  'POST /branches/:id': row(staff, ({ branchId }) => `/branches/${branchId}`, () => placeBody),
  'POST /tenants/:id/listings': row(staff, ofTenant('/listings'), ({ branchId }) => listingBody(branchId)),
  'POST /listings/:id/flags': row([...persons, 'writer'], ({ listingId }) => `/listings/${listingId}/flags`, () => ({ reason: 'x' })),
  'GET /listings/:id/flags/me': row(['user'], ({ listingId }) => `/listings/${listingId}/flags/me`),
  'GET /listings/:id': row(everyRole, ({ listingId }) => `/listings/${listingId}`),
  'POST /analytics/visits': row([...people, 'frontend'], () => '/analytics/visits', ({ listingId }) =>
    ({ visits: [{ listingId, kind: 'view', visitorId: 'x' }] })),
  'GET /rankings/:zone': row(everyRole, () => '/rankings/roma-norte?category=plumbing'),
  'GET /tenants/:id/ranking': row(readsTenant, ofTenant('/ranking')),
  'GET /tenants/:id/reviews': row(everyRole, ofTenant('/reviews')),
  'GET /reviews/:id': row(everyRole, ({ review }) => `/reviews/${review}`),
  'GET /tenants/:id/reputation': row(everyRole, ofTenant('/reputation')),
  'POST /tickets': row(persons, () => '/tickets', ({ tenantId }) => ticketBody(tenantId)),
  'GET /tickets/:id': row(readsTicket, ofTicket('')),
  'POST /tickets/:id/assign': row([...staff, 'writer'], ofTicket('/assign'), ({ member }) => ({ assigneeUserId: member })),
  'POST /tickets/:id/close': row(partyOfTicket, ofTicket('/close'), () => ({ outcome: 'cancelled' })),
  'POST /tickets/:id/quotes': row(staff, ofTicket('/quotes'), () => quoteBody()),
  'GET /tickets/:id/quotes': row(readsTicket, ofTicket('/quotes')),
  'GET /quotes/:id': row(readsTicket, ({ quoteId }) => `/quotes/${quoteId}`),
  'POST /quotes/:id/approve': row(['customer'], ({ quoteId }) => `/quotes/${quoteId}/approve`, () => ({})),
  'POST /tickets/:id/appointments': row(partyOfTicket, ofTicket('/appointments'), () => ({ startsAt: inDays(3) })),
  'GET /tickets/:id/appointments': row(readsTicket, ofTicket('/appointments')),
  'GET /appointments/:id': row(readsTicket, ({ appointmentId }) => `/appointments/${appointmentId}`),
  'POST /appointments/:id/move': row(partyOfTicket, ({ appointmentId }) => `/appointments/${appointmentId}/move`, () => ({ startsAt: inDays(4) })),
  'POST /appointments/:id/cancel': row(partyOfTicket, ({ appointmentId }) => `/appointments/${appointmentId}/cancel`, () => ({ reason: 'x' })),
  'POST /tickets/:id/reviews': row(['customer'], ofTicket('/reviews'), () => reviewBody()),
  'POST /tenants/:id/leads': row([...persons, ...staff], ofTenant('/leads'), () => leadBody),
  'GET /tenants/:id/leads': row(staff, ofTenant('/leads')),
  'GET /leads/:id': row(['customer', ...staff], ({ lead }) => `/leads/${lead}`),
  'POST /leads/:id/status': row(staff, ({ lead }) => `/leads/${lead}/status`, () => ({ status: 'contacted' })),
  'POST /tenants/:id/subscriptions': row([...staff, 'writer'], ofTenant('/subscriptions'), () =>
    ({ plan: 'basic', period: 'monthly', startsOn: new Date().toISOString().slice(0, 10) })),
  'GET /tenants/:id/subscriptions': row(readsTenant, ofTenant('/subscriptions')),
  'GET /tenants/:id/subscriptions/:subscriptionId': row(readsTenant, ({ tenantId, subscription }) =>
    `/tenants/${tenantId}/subscriptions/${subscription}`),
  'POST /tenants/:id/subscriptions/:subscriptionId/end': row([...staff, 'writer'], ({ tenantId, subscription }) =>
    `/tenants/${tenantId}/subscriptions/${subscription}/end`, () => ({ endsOn: inDays(40).slice(0, 10) })),
  'GET /tenants/:id/charges': row(readsTenant, ofTenant('/charges')),
  'GET /tenants/:id/account': row(readsTenant, ofTenant('/account')),
  'GET /tenants/:id/invoices': row(readsTenant, ofTenant('/invoices')),
  'GET /invoices/:id': row(readsTenant, ({ invoice }) => `/invoices/${invoice}`),
  'GET /invoices/:id/html': row(readsTenant, ({ invoice }) => `/invoices/${invoice}/html`),
  'GET /invoices/:id/pdf': row(readsTenant, ({ invoice }) => `/invoices/${invoice}/pdf`),
  'POST /tenants/:id/disputes': row(staff, ofTenant('/disputes'), () => ({ chargeId: randomUUID(), reason: 'x' })),
  'GET /disputes/:id': row(readsTenant, ({ dispute }) => `/disputes/${dispute}`),
  'GET /ambassadors/me/commissions': row(persons, () => '/ambassadors/me/commissions'),
  'POST /users/me/contact': row(people, () => '/users/me/contact', () => contact),
  'POST /users/me/contact/confirm': row(people, () => '/users/me/contact/confirm', () => ({ code: '000000' })),
  'POST /users/me/whatsapp': row(people, () => '/users/me/whatsapp', () => ({ phone: '+5215512345678', optIn: false })),
  'GET /users/me/devices/web-push-key': row(everyRole, () => '/users/me/devices/web-push-key'),
  'POST /users/me/devices': row(people, () => '/users/me/devices', () => ({ platform: 'fcm', token: randomUUID() })),
  'GET /users/me/devices': row(people, () => '/users/me/devices'),
  'GET /users/me/devices/:id': row(['user'], ({ device }) => `/users/me/devices/${device}`),
  'POST /users/me/devices/remove': row(people, () => '/users/me/devices/remove', () => ({ id: randomUUID() })),
  'GET /users/me/preferences': row([...people, ...operators], () => '/users/me/preferences'),
  'POST /users/me/preferences': row([...people, ...operators], () => '/users/me/preferences', () => ({ timeZone: 'Europe/Madrid' })),
  'GET /notifications/me': row([...people, ...operators], () => '/notifications/me'),
  'POST /notifications/read': row([...people, ...operators], () => '/notifications/read', () => ({ ids: [randomUUID()] })),
};

const READING_POSTS = /\/(preview|diff|reveal)$/;
/** Routes whose own 404 or missing setting says nothing of the caller. */
const MAY_BE_MISSING = new Set(['GET /users/me/devices/web-push-key', 'POST /users/me/devices/remove']);

const guarded = Object.entries(accessRules).filter(([, rule]) => rolesOf(rule) !== undefined).map(([route]) => route);
const ofOperators = guarded.filter((route) => /^\w+ \/backoffice\//.test(route));

test('the matrix has every route with a token, and no other', () => {
  const expected = guarded.filter((route) => !ofOperators.includes(route) && route !== 'GET /notifications/stream');
  expect(Object.keys(MATRIX).toSorted()).toEqual(expected.toSorted());
  expect(ofOperators.length).toBeGreaterThan(40);
});

const isRefused = (status: number) => status === 403 || status === 404;

async function ask(client: Client, route: string, { path, body }: Pick<Row, 'path' | 'body'>, world: World): Promise<number> {
  const answer = route.startsWith('GET ') ? client.get(path(world)) : client.post(path(world), body?.(world) ?? {});
  return (await answer).status;
}

async function contents(sql: Sql): Promise<string> {
  const tables = await sql<{ name: string }[]>`
    select table_name as name from information_schema.tables
    where table_schema = 'public' and table_type = 'BASE TABLE' and table_name !~ '_\\d{8}$'
  `;
  const parts = tables.map(({ name }) => `(select jsonb_agg(to_jsonb(x) order by x::text) from ${name} x) as ${name}`);
  return JSON.stringify(await sql.unsafe(`select ${parts.join(', ')}`));
}

describe('each kind of caller', () => {
  test('is refused where the matrix does not admit them, and changes nothing there; elsewhere they get in', { timeout: 120_000 }, async () => {
    const { sql } = await createDatabase();
    const app = createApp(appDeps(sql));
    const world = await openWorld(app, sql);
    const before = await contents(sql);
    for (const [route, row] of Object.entries(MATRIX)) {
      for (const kind of KINDS.filter((one) => !row.admits.includes(one))) {
        const status = await ask(world.callers[kind], route, row, world);
        expect([route, kind, status, isRefused(status)]).toEqual([route, kind, status, true]);
      }
    }
    expect(await contents(sql)).toBe(before);
    for (const [route, row] of Object.entries(MATRIX)) {
      for (const kind of row.admits) {
        const status = await ask(world.callers[kind], route, row, world);
        const isOut = status === 401 || status === 403 || status >= 500 || (status === 404 && !MAY_BE_MISSING.has(route));
        expect([route, kind, status, isOut]).toEqual([route, kind, status, false]);
      }
    }
  });

  test('gets into the backoffice as an operator alone, and writes as one who may write', async () => {
    const { sql } = await createDatabase();
    const app = createApp(appDeps(sql));
    const roles = { 'no role': [], user: ['user'], owner: ['tenant'], reader: ['backoffice:read'], writer: ['backoffice:write'], frontend: ['frontend'] } as const;
    for (const route of ofOperators) {
      const [, path = ''] = route.split(' ');
      const admits = route.startsWith('GET ') || READING_POSTS.test(route) ? operators : ['writer'];
      const own = { path: () => path.replaceAll(/:\w+/g, randomUUID()) };
      for (const [kind, some] of Object.entries(roles)) {
        const status = await ask(await signIn(app, { roles: some, tenantId: randomUUID() }), route, own, {} as World);
        expect([route, kind, status === 403]).toEqual([route, kind, !admits.includes(kind as Kind)]);
      }
    }
  });
});
