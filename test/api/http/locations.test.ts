import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { createApp } from '../../../src/api/app.ts';
import type { Sql } from '../../../src/platform/postgres.ts';
import { transaction } from '../../../src/platform/transaction.ts';
import { issueMonthlyInvoices } from '../../../src/store/invoices/monthly-invoices.ts';
import { SETTLEMENT_COLUMNS } from '../../../src/store/payments/settlement-line.ts';
import {
  appDeps, contact, json, signIn, signInOperators, tenantBody, ticketBody, untouchable, verifiedTenant, type Client,
} from '../../support/app.ts';
import { routesOf, readDocument } from '../../support/api-document.ts';
import { createDatabase } from '../../support/database.ts';
import { STANDARD_PLAN } from '../../support/money.ts';
import {
  approvedTicket, assignedTicket, inDays, leadBody, listingBody, made, placeBody, publishedListing, quoteBody,
  reviewBody,
} from '../../support/service.ts';
import { partsWith, PATH as TEMPLATE } from '../../support/templates.ts';
import { makeToken } from '../../support/tokens.ts';

const today = new Date().toISOString().slice(0, 10);
const subscription = { plan: 'basic', period: 'monthly', startsOn: today };

async function issuedInvoice(sql: Sql, tenantId: string): Promise<string> {
  const issuing = { tenants: { only: tenantId }, month: `${today.slice(0, 7)}-01`, issuedAt: new Date() };
  await transaction(sql, (tx) => issueMonthlyInvoices(tx, issuing));
  const [invoice] = await sql<{ id: string }[]>`select id from invoice where tenant_id = ${tenantId}`;
  return invoice?.id ?? '';
}

async function capturedPayment(sql: Sql, tenantId: string): Promise<string> {
  const id = randomUUID();
  await sql`
    insert into payment (id, provider, provider_payment_id, tenant_id, amount_minor, currency, status, captured_at, created_at)
    values (${id}, 'sandpay', ${id}, ${tenantId}, 100, 'MXN', 'captured', now(), now())
  `;
  return id;
}

test('each 201 leads its caller to what was created, as the answer shows it, also when it is repeated', async () => {
  const { sql } = await createDatabase();
  const app = createApp(appDeps(sql));
  const shop = await publishedListing(app);
  const { tenantId, owner, branchId, listingId } = shop;
  const { customer, ticketId } = await approvedTicket(app, shop);
  const reviewed = await approvedTicket(app, shop);
  await made(owner, `/tickets/${reviewed.ticketId}/close`, { outcome: 'completed' });
  const quoted = await assignedTicket(app, shop);
  const user = await signIn(app);
  const operators = await signInOperators(app);
  const { code } = await json(await owner.post(`/tenants/${tenantId}/invitations`, {}));
  const other = await verifiedTenant(app);
  await made(other.owner, `/tenants/${other.tenantId}/subscriptions`, subscription);
  const invoiceId = await issuedInvoice(sql, other.tenantId);
  const parts = await partsWith({ es: { inbox: 'Otra {{tenantName}}.\n' } });

  const creations: readonly (readonly [id: string, path: string, body: object, by: Client])[] = [
    ['createTenant', '/tenants', tenantBody, user],
    ['createInvitation', `/tenants/${tenantId}/invitations`, {}, owner],
    ['acceptInvitation', '/memberships', { code, contact }, user],
    ['createBranch', `/tenants/${tenantId}/branches`, placeBody, owner],
    ['createListing', `/tenants/${tenantId}/listings`, listingBody(branchId), owner],
    ['flagListing', `/listings/${listingId}/flags`, { reason: 'wrong number' }, user],
    ['flagListing', `/listings/${listingId}/flags`, { reason: 'wrong address' }, operators],
    ['createTicket', '/tickets', ticketBody(tenantId), customer],
    ['createQuote', `/tickets/${quoted.ticketId}/quotes`, quoteBody(), owner],
    ['createAppointment', `/tickets/${ticketId}/appointments`, { startsAt: inDays(2) }, customer],
    ['createAppointment', `/tickets/${ticketId}/appointments`, { startsAt: inDays(3) }, owner],
    ['createLead', `/tenants/${tenantId}/leads`, leadBody, owner],
    ['createLead', `/tenants/${tenantId}/leads`, leadBody, customer],
    ['createReview', `/tickets/${reviewed.ticketId}/reviews`, reviewBody(), reviewed.customer],
    ['createSubscription', `/tenants/${tenantId}/subscriptions`, subscription, owner],
    ['createSubscription', `/tenants/${(await verifiedTenant(app)).tenantId}/subscriptions`, subscription, operators],
    [
      'createDispute',
      `/tenants/${tenantId}/disputes`,
      { paymentId: await capturedPayment(sql, tenantId), reason: 'twice' },
      owner,
    ],
    [
      'createAttribution',
      `/backoffice/ambassadors/${randomUUID()}/attributions`,
      { tenantId, planId: STANDARD_PLAN, startsOn: '2026-01-01' },
      operators,
    ],
    ['createDevice', '/users/me/devices', { platform: 'fcm', token: randomUUID() }, user],
    ['creditInvoice', `/backoffice/invoices/${invoiceId}/credit`, { reason: 'wrong name' }, operators],
    ['reissueInvoice', `/backoffice/invoices/${invoiceId}/reissue`, {}, operators],
    ['createTemplateVersion', `${TEMPLATE}/versions`, { parts, reason: 'shorter' }, operators],
  ];
  for (const [id, path, body, by] of creations) {
    const key = randomUUID();
    for (const answer of [await by.post(path, body, key), await by.post(path, body, key)]) {
      const created = await json(answer);
      expect([id, answer.status, created]).toEqual([id, 201, expect.anything()]);
      const location = answer.headers.get('Location') ?? '';
      expect([id, location]).toEqual([id, expect.stringMatching(/^\/[\w/-]+$/)]);
      const read = await by.get(location);
      expect([id, location, read.status, await json(read)]).toEqual([id, location, 200, created]);
    }
  }
  const elsewhere = ['createSettlementReport'];
  const all = routesOf(await readDocument())
    .filter(({ operation }) => '201' in operation.responses)
    .map(({ operation }) => operation.operationId);
  expect(all.toSorted()).toEqual([...new Set(creations.map(([id]) => id)), ...elsewhere].toSorted());
});

test('a settlement report leads to itself, whether it was known or not', async () => {
  const { sql } = await createDatabase();
  const app = createApp(appDeps(sql));
  const userId = randomUUID();
  const operator = await signIn(app, { userId, roles: ['backoffice:write'] });
  const authorization = `Bearer ${await makeToken({ userId, roles: ['backoffice:write'] })}`;
  const period = { provider: 'sandpay', periodStart: '2026-06-01', periodEnd: '2026-06-30' };
  const line = `${randomUUID()},1000,MXN,2026-06-05`;
  const send = () =>
    app.request(`/backoffice/settlement-reports?${new URLSearchParams(period).toString()}`, {
      method: 'POST',
      headers: { authorization, 'Content-Type': 'text/csv' },
      body: `${SETTLEMENT_COLUMNS.join(',')}\n${line}\n`,
    });
  for (const [status, known] of [[201, false], [200, true]] as const) {
    const answer = await send();
    const { known: wasKnown, ...report } = await json(answer);
    expect([answer.status, wasKnown]).toEqual([status, known]);
    const location = `/backoffice/settlement-reports/${String(report['id'])}`;
    expect(answer.headers.get('Location')).toBe(known ? null : location);
    const read = await operator.get(location);
    expect([read.status, await json(read)]).toEqual([200, report]);
    expect(report).toEqual({
      id: expect.any(String),
      ...period,
      lines: 1,
      loadedAt: expect.any(String),
      reconciledAt: null,
    });
  }
});

test.for([
  ['provider=sandpay&periodStart=2026-06-01', '/periodEnd', 'is required'],
  ['provider=other&periodStart=2026-06-01&periodEnd=2026-06-30', '/provider', 'must be sandpay'],
  ['provider=sandpay&periodStart=2026-06-01&periodEnd=2026-05-31', '/periodEnd', 'must not be before periodStart'],
  [
    'provider=sandpay&periodStart=2026-06-01&periodEnd=2026-06-30&periodEnd=2026-06-29',
    '/periodEnd',
    'must be given once',
  ],
  ['provider=sandpay&periodStart=2026-06-01&periodEnd=2026-06-30&dry=1', '/dry', 'is not a parameter of this request'],
] as const)(
  'a settlement report with the query %s is refused with a pointer to what is wrong',
  async ([query, pointer, detail]) => {
    const operator = await signIn(createApp(appDeps(untouchable)), { roles: ['backoffice:write'] });
    const answer = await operator.post(`/backoffice/settlement-reports?${query}`, '');
    expect(answer.status).toBe(422);
    expect((await json(answer))['errors']).toEqual([{ in: 'query', pointer, detail }]);
  },
);
