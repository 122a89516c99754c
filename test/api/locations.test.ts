import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { createApp } from '../../src/api/app.ts';
import { appDeps, contact, json, signIn, signInOperators, tenantBody, ticketBody, type Client } from '../support/app.ts';
import { routesOf, readDocument } from '../support/api-document.ts';
import { createDatabase } from '../support/database.ts';
import { STANDARD_PLAN } from '../support/money.ts';
import {
  approvedTicket, assignedTicket, inDays, leadBody, listingBody, made, placeBody, publishedListing, quoteBody, reviewBody,
} from '../support/service.ts';

test('every answer 201 says where to read what was created, also when it is repeated', async () => {
  const { sql } = await createDatabase();
  const app = createApp(appDeps(sql));
  const shop = await publishedListing(app);
  const { tenantId, owner, branchId, listingId } = shop;
  const { customer, ticketId } = await approvedTicket(app, shop);
  const reviewed = await approvedTicket(app, shop);
  await made(owner, `/tickets/${reviewed.ticketId}/close`, { outcome: 'completed' });
  const user = await signIn(app);
  const operators = await signInOperators(app);
  const today = new Date().toISOString().slice(0, 10);
  const { code } = await json(await owner.post(`/tenants/${tenantId}/invitations`, {}));
  const quoted = await assignedTicket(app, shop);
  const payment = randomUUID();
  await sql`
    insert into payment (id, provider, provider_payment_id, tenant_id, amount_minor, currency, status, captured_at, created_at)
    values (${payment}, 'sandpay', ${payment}, ${tenantId}, 100, 'MXN', 'captured', now(), now())
  `;

  const creations: readonly [id: string, path: string, body: object, by: Client, reader?: Client][] = [
    ['createTenant', '/tenants', tenantBody, user],
    ['createInvitation', `/tenants/${tenantId}/invitations`, {}, owner],
    ['acceptInvitation', '/memberships', { code, contact }, user, owner],
    ['createBranch', `/tenants/${tenantId}/branches`, placeBody, owner],
    ['createListing', `/tenants/${tenantId}/listings`, listingBody(branchId), owner],
    ['flagListing', `/listings/${listingId}/flags`, { reason: 'wrong number' }, user],
    ['createTicket', '/tickets', ticketBody(tenantId), customer],
    ['createQuote', `/tickets/${quoted.ticketId}/quotes`, quoteBody(), owner],
    ['createAppointment', `/tickets/${ticketId}/appointments`, { startsAt: inDays(2) }, customer],
    ['createLead', `/tenants/${tenantId}/leads`, leadBody, owner],
    ['createReview', `/tickets/${reviewed.ticketId}/reviews`, reviewBody(), reviewed.customer],
    ['createSubscription', `/tenants/${tenantId}/subscriptions`, { plan: 'basic', period: 'monthly', startsOn: today }, owner],
    ['createDispute', `/tenants/${tenantId}/disputes`, { paymentId: payment, reason: 'charged twice' }, owner],
    ['createAttribution', `/backoffice/ambassadors/${randomUUID()}/attributions`, { tenantId, planId: STANDARD_PLAN, startsOn: '2026-01-01' }, operators],
    ['createDevice', '/users/me/devices', { platform: 'fcm', token: randomUUID() }, user],
  ];
  const seen: string[] = [];
  for (const [id, path, body, by, reader = by] of creations) {
    const key = randomUUID();
    const answers = [await by.post(path, body, key), await by.post(path, body, key)];
    for (const answer of answers) {
      const location = answer.headers.get('Location') ?? '';
      expect([id, answer.status, location]).toEqual([id, 201, expect.stringMatching(/^\/[\w/-]+$/)]);
      expect([id, location, (await reader.get(location)).status]).toEqual([id, location, 200]);
    }
    seen.push(id);
  }
  const elsewhere = ['creditInvoice', 'reissueInvoice', 'createTemplateVersion', 'createSettlementReport'];
  const all = routesOf(await readDocument()).filter(({ operation }) => '201' in operation.responses).map(({ operation }) => operation.operationId);
  expect(all.toSorted()).toEqual([...seen, ...elsewhere].toSorted());
});
