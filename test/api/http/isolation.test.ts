import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { createApp } from '../../../src/api/app.ts';
import type { Sql } from '../../../src/platform/postgres.ts';
import { transaction } from '../../../src/platform/transaction.ts';
import { issueMonthlyInvoices } from '../../../src/store/invoices/monthly-invoices.ts';
import { appDeps, contact, evidence, idOf, signIn, tenantBody, type Client } from '../../support/app.ts';
import { createDatabase } from '../../support/database.ts';
import { openedDispute } from '../../support/service.ts';

const TENANTS = 4;
const PAIRS = 6;
const soon = () => new Date(Date.now() + 86_400_000).toISOString();
const today = new Date().toISOString().slice(0, 10);

/** One tenant with something of everything, and the ids that stand in its routes' paths. */
async function openShop(app: ReturnType<typeof createApp>, operator: Client, sql: Sql) {
  const owner = await signIn(app, { roles: ['user'] });
  const id = await idOf(await owner.post('/tenants', tenantBody));
  await operator.post(`/tenants/${id}/verify`, evidence);
  const tenant = await signIn(app, { userId: owner.userId, roles: ['tenant'], tenantId: id });
  const customer = await signIn(app, { roles: ['user'] });
  const branch = await idOf(await tenant.post(`/tenants/${id}/branches`, { zone: 'roma', address: 'Calle 1', latitude: 19, longitude: -99 }));
  const listing = await idOf(await tenant.post(`/tenants/${id}/listings`, { title: 'Locks', category: 'locks', branchId: branch }));
  const lead = await idOf(await customer.post(`/tenants/${id}/leads`, { source: 'form', contact: { name: 'Ana', email: 'ana@example.com' } }));
  const ticket = await idOf(await customer.post('/tickets', { tenantId: id, subject: 'Door', description: 'Stuck', contact }));
  await tenant.post(`/tickets/${ticket}/assign`, { assigneeUserId: owner.userId, contact });
  const lines = [{ description: 'Work', quantity: 1, unitPriceMinor: 100 }];
  const quote = await idOf(await tenant.post(`/tickets/${ticket}/quotes`, { lines, currency: 'MXN', validUntil: soon() }));
  const other = await idOf(await customer.post('/tickets', { tenantId: id, subject: 'Window', description: 'Stuck', contact }));
  await tenant.post(`/tickets/${other}/assign`, { assigneeUserId: owner.userId, contact });
  const otherQuote = await idOf(await tenant.post(`/tickets/${other}/quotes`, { lines, currency: 'MXN', validUntil: soon() }));
  await customer.post(`/quotes/${otherQuote}/approve`, {});
  const appointment = await idOf(await tenant.post(`/tickets/${other}/appointments`, { startsAt: soon() }));
  const subscription = await idOf(await tenant.post(`/tenants/${id}/subscriptions`, { plan: 'basic', period: 'monthly', startsOn: today }));
  const invoice = await issueInvoice(sql, id);
  const dispute = await openedDispute(sql, { tenantId: id, owner: tenant });
  const invitation = await idOf(await tenant.post(`/tenants/${id}/invitations`, {}));
  const device = await idOf(await tenant.post('/users/me/devices', { platform: 'fcm', token: randomUUID() }));
  return { id, tenant, customer, dispute, invitation, device, listing, branch, lead, ticket, quote, appointment, subscription, invoice };
}

/** Bills a tenant for this month; the invoice's id comes back. */
async function issueInvoice(sql: Sql, tenantId: string): Promise<string> {
  const issuing = { tenants: { only: tenantId }, month: `${today.slice(0, 7)}-01`, issuedAt: new Date() };
  await transaction(sql, (tx) => issueMonthlyInvoices(tx, issuing));
  const [invoice] = await sql<{ id: string }[]>`select id from invoice where tenant_id = ${tenantId}`;
  return invoice?.id ?? '';
}

type Shop = Awaited<ReturnType<typeof openShop>>;

/** Every route with an id in its path that belongs to a tenant: the path of that shop, and a body that would be right. */
const WRITES: Readonly<Record<string, (shop: Shop) => readonly [string, object]>> = {
  '/tickets/{id}/assign': ({ ticket }) => [`/tickets/${ticket}/assign`, { assigneeUserId: randomUUID(), contact }],
  '/tickets/{id}/close': ({ ticket }) => [`/tickets/${ticket}/close`, { outcome: 'cancelled' }],
  '/tickets/{id}/quotes': ({ ticket }) => [`/tickets/${ticket}/quotes`, { lines: [{ description: 'x', quantity: 1, unitPriceMinor: 1 }], currency: 'MXN', validUntil: soon() }],
  '/tickets/{id}/appointments': ({ ticket }) => [`/tickets/${ticket}/appointments`, { startsAt: soon() }],
  '/tickets/{id}/reviews': ({ ticket }) => [`/tickets/${ticket}/reviews`, { rating: 1, text: 'bad' }],
  '/quotes/{id}/approve': ({ quote }) => [`/quotes/${quote}/approve`, {}],
  '/appointments/{id}/move': ({ appointment }) => [`/appointments/${appointment}/move`, { startsAt: soon() }],
  '/appointments/{id}/cancel': ({ appointment }) => [`/appointments/${appointment}/cancel`, { reason: 'x' }],
  '/branches/{id}': ({ branch }) => [`/branches/${branch}`, { zone: 'x', address: 'y', latitude: 0, longitude: 0 }],
  '/tenants/{id}/branches': ({ id }) => [`/tenants/${id}/branches`, { zone: 'x', address: 'y', latitude: 0, longitude: 0 }],
  '/tenants/{id}/listings': ({ id, branch }) => [`/tenants/${id}/listings`, { title: 'x', category: 'x', branchId: branch }],
  '/tenants/{id}/leads': ({ id }) => [`/tenants/${id}/leads`, { source: 'form', contact: { name: 'x', email: 'x@example.com' } }],
  '/tenants/{id}/invitations': ({ id }) => [`/tenants/${id}/invitations`, {}],
  '/tenants/{id}/members/remove': ({ id, tenant }) => [`/tenants/${id}/members/remove`, { userId: tenant.userId }],
  '/leads/{id}/status': ({ lead }) => [`/leads/${lead}/status`, { status: 'contacted' }],
  '/tenants/{id}/subscriptions': ({ id }) => [`/tenants/${id}/subscriptions`, { plan: 'basic', period: 'monthly', startsOn: today }],
  '/tenants/{id}/subscriptions/{subscriptionId}/end': ({ id, subscription }) =>
    [`/tenants/${id}/subscriptions/${subscription}/end`, { endsOn: today }],
  '/tenants/{id}/disputes': ({ id }) => [`/tenants/${id}/disputes`, { chargeId: randomUUID(), reason: 'x' }],
};
const READS: Readonly<Record<string, (shop: Shop) => string>> = {
  '/tenants/{id}': ({ id }) => `/tenants/${id}`,
  '/tenants/{id}/invitations': ({ id }) => `/tenants/${id}/invitations`,
  '/tenants/{id}/invitations/{invitationId}': ({ id, invitation }) => `/tenants/${id}/invitations/${invitation}`,
  '/tenants/{id}/members/{userId}': ({ id, tenant }) => `/tenants/${id}/members/${tenant.userId}`,
  '/branches/{id}': ({ branch }) => `/branches/${branch}`,
  '/leads/{id}': ({ lead }) => `/leads/${lead}`,
  '/appointments/{id}': ({ appointment }) => `/appointments/${appointment}`,
  '/tenants/{id}/subscriptions/{subscriptionId}': ({ id, subscription }) =>
    `/tenants/${id}/subscriptions/${subscription}`,
  '/users/me/devices/{id}': ({ device }) => `/users/me/devices/${device}`,
  '/quotes/{id}': ({ quote }) => `/quotes/${quote}`,
  '/disputes/{id}': ({ dispute }) => `/disputes/${dispute}`,
  '/tickets/{id}': ({ ticket }) => `/tickets/${ticket}`,
  '/tickets/{id}/quotes': ({ ticket }) => `/tickets/${ticket}/quotes`,
  '/tickets/{id}/appointments': ({ ticket }) => `/tickets/${ticket}/appointments`,
  '/tenants/{id}/branches': ({ id }) => `/tenants/${id}/branches`,
  '/tenants/{id}/leads': ({ id }) => `/tenants/${id}/leads`,
  '/tenants/{id}/members': ({ id }) => `/tenants/${id}/members`,
  '/tenants/{id}/subscriptions': ({ id }) => `/tenants/${id}/subscriptions`,
  '/tenants/{id}/charges': ({ id }) => `/tenants/${id}/charges`,
  '/tenants/{id}/account': ({ id }) => `/tenants/${id}/account`,
  '/tenants/{id}/invoices': ({ id }) => `/tenants/${id}/invoices`,
  '/invoices/{id}': ({ invoice }) => `/invoices/${invoice}`,
  '/invoices/{id}/html': ({ invoice }) => `/invoices/${invoice}/html`,
  '/invoices/{id}/pdf': ({ invoice }) => `/invoices/${invoice}/pdf`,
  '/tenants/{id}/ranking': ({ id }) => `/tenants/${id}/ranking`,
};
/** Routes with an id that are nobody's secret, or an operator's. */
const SHARED = new Set([
  'get /listings/{id}', 'get /listings/{id}/flags/me', 'get /reviews/{id}', 'post /listings/{id}/flags',
  'get /tenants/{id}/reviews', 'get /tenants/{id}/reputation',
  'get /rankings/{zone}',
  'post /tenants/{id}/verify', 'post /backoffice/disputes/{id}/resolve', 'post /backoffice/invoices/{id}/credit',
  'post /backoffice/invoices/{id}/reissue', 'post /backoffice/ambassadors/{userId}/attributions',
  'get /backoffice/settlement-reports/{id}', 'get /backoffice/attributions/{id}',
  'post /backoffice/attributions/{id}/end',
  'post /backoffice/events/{id}/reveal', 'get /backoffice/templates/{name}', 'get /backoffice/templates/{name}/versions/{version}',
  'post /backoffice/templates/{name}/versions', 'post /backoffice/templates/{name}/current',
  'post /backoffice/templates/{name}/preview', 'post /backoffice/templates/{name}/diff',
  'get /backoffice/jobs/{name}/runs', 'post /backoffice/jobs/{name}/run', 'get /backoffice/jobs/{name}/backfill',
  'post /backoffice/jobs/{name}/backfill', 'post /backoffice/jobs/{name}/pause', 'post /backoffice/jobs/{name}/resume',
  'get /backoffice/payment-mismatches/{id}', 'post /backoffice/payment-mismatches/{id}/resolve',
  'post /backoffice/held-charges/{id}/resolve', 'get /backoffice/fraud-cases/{id}', 'post /backoffice/fraud-cases/{id}/resolve',
  'post /backoffice/fraud-cases/{id}/settle', 'post /backoffice/fraud-cases/{id}/reverse',
  'get /webhooks/payments/{provider}', 'post /webhooks/payments/{provider}',
]);

async function contents(sql: Sql): Promise<string> {
  const tables = ['ticket', 'quote', 'appointment', 'review', 'branch', 'listing', 'lead', 'tenant_member', 'member_invitation', 'tenant_subscription', 'dispute', 'invoice', 'invoice_line', 'outbox_event', 'idempotency_key'];
  const parts = tables.map((name) => `(select coalesce(jsonb_agg(to_jsonb(x) order by x::text), '[]') from ${name} x) as ${name}`);
  return JSON.stringify(await sql.unsafe(`select ${parts.join(', ')}`));
}

test('another tenant’s token reads nothing of a tenant and changes nothing, on any route', { timeout: 60_000 }, async () => {
  const { sql } = await createDatabase();
  const app = createApp(appDeps(sql));
  const operator = await signIn(app, { roles: ['backoffice:write'] });
  const shops: Shop[] = [];
  for (let count = 0; count < TENANTS; count += 1) shops.push(await openShop(app, operator, sql));
  const before = await contents(sql);
  for (let pair = 0; pair < PAIRS; pair += 1) {
    const [victim, stranger] = shops.toSorted(() => Math.random() - 0.5) as [Shop, Shop];
    for (const [route, call] of Object.entries(WRITES)) {
      const [path, body] = call(victim);
      const { status } = await stranger.tenant.post(path, body);
      expect([403, 404], `POST ${route} by a stranger is answered ${status}`).toContain(status);
    }
    for (const [route, call] of Object.entries(READS)) {
      expect((await stranger.tenant.get(call(victim))).status, `GET ${route} by a stranger`).toBe(404);
      const inbox = await stranger.customer.get('/notifications/me');
      expect(await inbox.json()).toMatchObject({ notifications: [] });
    }
  }
  expect(await contents(sql)).toBe(before);
});

test('no route with an id is left out of the isolation test', async () => {
  const { sql } = await createDatabase();
  const document = (await (await createApp(appDeps(sql)).request('/openapi.json')).json()) as { paths: Record<string, object> };
  const routes = Object.entries(document.paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method} ${path}`));
  const covered = new Set([...Object.keys(WRITES).map((path) => `post ${path}`), ...Object.keys(READS).map((path) => `get ${path}`), ...SHARED]);
  expect(routes.filter((route) => route.includes('{') && !covered.has(route))).toEqual([]);
  expect([...covered].filter((route) => !routes.includes(route))).toEqual([]);
});
