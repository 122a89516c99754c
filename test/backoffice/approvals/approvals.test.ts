import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { transaction } from '../../../src/platform/transaction.ts';
import { issueMonthlyInvoices } from '../../../src/store/invoices/monthly-invoices.ts';
import { evidence, idOf, json, signIn, tenantBody, type Client } from '../../support/app.ts';
import { openEarning } from '../../support/earning.ts';
import { STANDARD_PLAN } from '../../support/money.ts';
import { inDays, joined, made, reviewedTicket } from '../../support/service.ts';

const march = { periodStart: '2026-03-01', periodEnd: '2026-03-31', currency: 'MXN' };

async function open() {
  const world = await openEarning();
  const operators = [await signIn(world.app, { roles: ['backoffice:write'] }), await signIn(world.app, { roles: ['backoffice:write'] })] as const;
  const attribute = (by: Client, { ambassador = world.ambassador.userId, ...facts }: { ambassador?: string; startsOn?: string } = {}) =>
    by.post(`/backoffice/ambassadors/${ambassador}/attributions`, { tenantId: world.tenantId, planId: STANDARD_PLAN, startsOn: '2026-01-01', ...facts });
  const approvals = async () => {
    const reader = await signIn(world.app, { roles: ['backoffice:read'] });
    return (await json(await reader.get('/backoffice/approvals')))['approvals'] as readonly Record<string, unknown>[];
  };
  return { ...world, operators, attribute, approvals };
}

describe('what moves money', () => {
  test('waits for a second operator who asks for the same', async () => {
    const { sql, operators: [one, other], attribute, approvals } = await open();
    const first = await attribute(one);
    expect(first.status).toBe(202);
    const { approvalId } = await json(first);
    expect(await approvals()).toMatchObject([{ id: approvalId, action: 'attribute-tenant', askedBy: one.userId, request: { startsOn: '2026-01-01' } }]);
    expect((await attribute(one)).status).toBe(202);
    expect((await attribute(other, { startsOn: '2026-01-02' })).status).toBe(202); // something else
    expect(await sql`select from attribution`).toHaveLength(0);
    expect((await attribute(other)).status).toBe(201);
    expect(await sql`select from attribution`).toHaveLength(1);
    expect(await sql`select asked_by, approved_by from operator_approval where id = ${String(approvalId)}`).toEqual([
      { asked_by: one.userId, approved_by: other.userId },
    ]);
    expect(await sql`select from operator_action where action = 'ask-approval'`).toHaveLength(3);
  });

  test('waits for a week, and then is asked for anew', async () => {
    const { sql, operators: [one, other], attribute, approvals } = await open();
    await attribute(one);
    await sql`update operator_approval set asked_at = now() - interval '8 days', expires_at = now() - interval '1 day'`;
    expect(await approvals()).toEqual([]);
    expect((await attribute(other)).status).toBe(202);
    expect(await approvals()).toMatchObject([{ askedBy: other.userId }]);
    expect((await attribute(one)).status).toBe(201);
  });

  test('is done once when two second operators ask at once', async () => {
    const { app, sql, operators: [one, other], attribute } = await open();
    await attribute(one);
    const third = await signIn(app, { roles: ['backoffice:write'] });
    const statuses = await Promise.all([attribute(other), attribute(third)].map(async (answer) => (await answer).status));
    expect(statuses.toSorted()[0]).toBe(201);
    expect(await sql`select from attribution`).toHaveLength(1);
  });

  test('cannot be approved by the operator who asked, in the table either', async () => {
    const { sql, operators: [one], attribute } = await open();
    await attribute(one);
    const approved = sql`update operator_approval set approved_by = asked_by, approved_at = now()`;
    await expect(approved).rejects.toMatchObject({ constraint_name: 'operator_approval_second' });
  });

  test('is a payout, a dispute that the tenant wins, a credit note and a confirmed case of fraud', async () => {
    const { app, sql, operators: [one], ambassador, owner, tenantId, capture, settle, start } = await open();
    start();
    await capture({ paymentId: 'pay_1' });
    await settle();
    const [payment] = await sql<{ id: string }[]>`select id from payment`;
    const { id: dispute } = await json(await owner.post(`/tenants/${tenantId}/disputes`, { paymentId: payment?.id, reason: 'x' }));
    const caseId = randomUUID();
    await sql`
      insert into fraud_case (id, subject_kind, subject_id, opened_at, score, evidence)
      values (${caseId}, 'ambassador', ${ambassador.userId}, now(), 600, '{"components":{}}')
    `;
    const asked: readonly (readonly [string, object])[] = [
      ['/backoffice/payout-cycles/close', { ...march, ambassadorUserId: ambassador.userId }],
      [`/backoffice/disputes/${String(dispute)}/resolve`, { outcome: 'lost' }],
      [`/backoffice/fraud-cases/${caseId}/resolve`, { verdict: 'confirmed', reason: 'own tenants' }],
    ];
    for (const [path, body] of asked) expect([path, (await one.post(path, body)).status]).toEqual([path, 202]);
    const facts = await sql`
      select (select count(*) from payout_cycle) as cycles, (select status from dispute) as dispute, (select status from fraud_case) as verdict
    `;
    expect(facts).toEqual([{ cycles: '0', dispute: 'open', verdict: 'open' }]);
    const self = await signIn(app, { userId: ambassador.userId, roles: ['backoffice:write'] });
    expect((await self.post(...(asked[0] ?? expect.fail()))).status).toBe(403);
    expect((await self.post(...(asked[2] ?? expect.fail()))).status).toBe(403);
    const member = await signIn(app, { userId: owner.userId, roles: ['backoffice:write'] });
    expect((await member.post(...(asked[1] ?? expect.fail()))).status).toBe(403);
  });
});

test('an operator decides nothing about a tenant that they work for', async () => {
  const { app, sql, owner, tenantId, capture, settle, start } = await open();
  start();
  await capture({ paymentId: 'pay_1' });
  await settle();
  const shop = { tenantId, owner };
  const { reviewId } = await reviewedTicket(app, { tenant: shop });
  const [payment] = await sql<{ id: string }[]>`select id from payment`;
  const { id: dispute } = await json(await owner.post(`/tenants/${tenantId}/disputes`, { paymentId: payment?.id, reason: 'x' }));
  const charge = randomUUID();
  await sql`
    insert into performance_charge (id, tenant_id, kind, source_id, amount_minor, currency, occurred_at, held_until, hold_reason)
    values (${charge}, ${tenantId}, 'whatsapp-click', ${randomUUID()}, 450, 'MXN', now(), 'infinity', 'address')
  `;
  const caseId = randomUUID();
  await sql`
    insert into fraud_case (id, subject_kind, subject_id, opened_at, score, evidence)
    values (${caseId}, 'tenant', ${tenantId}, now(), 600, '{"components":{}}')
  `;
  await made(owner, `/tenants/${tenantId}/subscriptions`, { plan: 'basic', period: 'monthly', startsOn: inDays(0).slice(0, 10) });
  const month = `${new Date().toISOString().slice(0, 7)}-01`;
  await transaction(sql, (tx) => issueMonthlyInvoices(tx, { tenants: { only: tenantId }, month, issuedAt: new Date() }));
  const [invoice] = await sql<{ id: string }[]>`select id from invoice where tenant_id = ${tenantId}`;
  const unverified = await idOf(await (await signIn(app, { userId: owner.userId })).post('/tenants', tenantBody));
  const startsOn = inDays(1).slice(0, 10);
  const decisions: readonly (readonly [string, object])[] = [
    [`/tenants/${unverified}/verify`, evidence],
    [`/tenants/${tenantId}/subscriptions`, { plan: 'basic', period: 'monthly', startsOn }],
    [`/backoffice/disputes/${String(dispute)}/resolve`, { outcome: 'won' }],
    [`/backoffice/disputes/${String(dispute)}/resolve`, { outcome: 'lost' }],
    ['/backoffice/moderation', { target: 'review', targetId: reviewId, action: 'hide', reason: 'x' }],
    [`/backoffice/held-charges/${charge}/resolve`, { verdict: 'strike', reason: 'x' }],
    [`/backoffice/fraud-cases/${caseId}/resolve`, { verdict: 'dismissed', reason: 'x' }],
    [`/backoffice/invoices/${invoice?.id}/credit`, { reason: 'x' }],
    [`/backoffice/invoices/${invoice?.id}/reissue`, {}],
  ];
  const marco = await signIn(app, { userId: await joined(app, shop), roles: ['backoffice:write'] });
  const owning = await signIn(app, { userId: owner.userId, roles: ['backoffice:write'] });
  for (const [path, body] of decisions) {
    expect([path, (await owning.post(path, body)).status]).toEqual([path, 403]);
    if (!path.includes(unverified)) expect([path, (await marco.post(path, body)).status]).toEqual([path, 403]);
  }
  expect(await sql`select held_until = 'infinity' as waits, struck_at from performance_charge where id = ${charge}`).toEqual([
    { waits: true, struck_at: null },
  ]);
});

test('nobody attributes a tenant to themselves, nor an owner to the own tenant', async () => {
  const { app, sql, owner, operators: [one, other], attribute } = await open();
  expect((await attribute(one, { ambassador: one.userId })).status).toBe(403);
  expect((await attribute(other, { ambassador: owner.userId })).status).toBe(422);
  const owning = await signIn(app, { userId: owner.userId, roles: ['backoffice:write'] });
  expect((await attribute(owning)).status).toBe(403);
  expect(await sql`select from operator_approval`).toHaveLength(0);
});
