import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { createApp } from '../../../src/api/app.ts';
import { transaction } from '../../../src/platform/transaction.ts';
import { insertCharges } from '../../../src/store/invoices/performance-charges.ts';
import type { Sql } from '../../../src/platform/postgres.ts';
import { appDeps, idOf, json, signIn, signInOperators, verifiedTenant } from '../../support/app.ts';
import { createDatabase } from '../../support/database.ts';
import { captured, deliver, failed, moneyEvents } from '../../support/money.ts';

const reason = 'Nadie llamó.';

async function charge(sql: Sql, tenantId: string): Promise<string> {
  const id = randomUUID();
  const amount = { minor: 6_000n, currency: 'MXN' };
  const one = { id, tenantId, kind: 'qualified-lead', sourceId: randomUUID(), amount, occurredAt: new Date() } as const;
  await transaction(sql, (tx) => insertCharges(tx, [one], { clicks: 5, addresses: 20 }));
  return id;
}

async function open() {
  const { sql } = await createDatabase();
  const app = createApp(appDeps(sql));
  const { tenantId, owner } = await verifiedTenant(app);
  await deliver(app, captured(tenantId));
  const [payment] = await sql<{ id: string }[]>`select id from payment`;
  const operator = await signInOperators(app);
  const disputes = () => sql`select status from dispute`;
  return {
    sql, app, tenantId, owner, operator, disputes,
    path: `/tenants/${tenantId}/disputes`, paymentId: payment?.id ?? '', chargeId: await charge(sql, tenantId),
  };
}

test('a charge and a payment are each disputed once, and decided once, with their events', async () => {
  const { sql, tenantId, owner, operator, path, paymentId, chargeId } = await open();
  for (const [target, minor] of [[{ chargeId }, 6_000], [{ paymentId }, 49_900]] as const) {
    const opened = await owner.post(path, { ...target, reason });
    expect(opened.status).toBe(201);
    const dispute = await json(opened);
    expect(dispute).toMatchObject({ ...target, tenantId, reason, status: 'open', amount: { minor, currency: 'MXN' } });
    expect((await owner.post(path, { ...target, reason })).status).toBe(409);

    const resolve = `/backoffice/disputes/${String(dispute['id'])}/resolve`;
    const decided = await operator.post(resolve, { outcome: 'lost' });
    expect(await json(decided)).toMatchObject({ ...target, status: 'lost' });
    expect((await operator.post(resolve, { outcome: 'won' })).status).toBe(409);
  }
  const pair = ['ChargeDisputed', 'DisputeResolved'];
  expect(await moneyEvents(sql)).toEqual(['PaymentCaptured', ...pair, ...pair]);
  const actions = await sql`
    select request ->> 'outcome' as outcome from operator_action where action = 'resolve-dispute'
  `;
  expect(actions).toEqual([{ outcome: 'lost' }, { outcome: 'lost' }]);
  expect(await json(await owner.get(`/tenants/${tenantId}/charges`))).toMatchObject({
    charges: [{ id: chargeId, dispute: 'lost' }],
  });
});

test('what is another tenant’s can’t be disputed, nor another tenant’s disputes opened', async () => {
  const { app, owner, path, paymentId, chargeId, disputes } = await open();
  const stranger = await verifiedTenant(app);
  for (const target of [{ chargeId }, { paymentId }]) {
    expect((await stranger.owner.post(path, { ...target, reason })).status).toBe(404);
    const own = `/tenants/${stranger.tenantId}/disputes`;
    expect((await stranger.owner.post(own, { ...target, reason })).status).toBe(422);
  }
  expect((await owner.post(path, { chargeId: paymentId, reason })).status).toBe(422);
  expect(await disputes()).toEqual([]);
});

test('a payment that is not captured has nothing to dispute', async () => {
  const { sql, app, tenantId, owner, path } = await open();
  await deliver(app, failed(tenantId, { paymentId: 'pay_2' }));
  const [other] = await sql<{ id: string }[]>`select id from payment where status = 'failed'`;
  expect((await owner.post(path, { paymentId: other?.id, reason })).status).toBe(409);
});

test('what can’t be is answered with 422, and who may not with 403', async () => {
  const { app, owner, operator, path, paymentId, chargeId, disputes } = await open();
  const wrong = [
    {}, { chargeId }, { chargeId, paymentId, reason }, { chargeId: 'x', reason }, { chargeId, reason: ' ' },
    { chargeId, reason, amount: 1 },
  ];
  for (const body of wrong) expect([body, (await owner.post(path, body)).status]).toEqual([body, 422]);
  expect((await operator.post(path, { chargeId, reason })).status).toBe(403);
  expect(await disputes()).toEqual([]);
  const id = await idOf(await owner.post(path, { chargeId, reason }));
  for (const outcome of ['open', null, { $ne: '' }]) {
    expect((await operator.post(`/backoffice/disputes/${id}/resolve`, { outcome })).status).toBe(422);
  }
  expect((await operator.post(`/backoffice/disputes/${randomUUID()}/resolve`, { outcome: 'won' })).status).toBe(404);
  for (const other of [owner, await signIn(app, { roles: ['backoffice:read'] })]) {
    expect((await other.post(`/backoffice/disputes/${id}/resolve`, { outcome: 'won' })).status).toBe(403);
  }
  expect(await disputes()).toEqual([{ status: 'open' }]);
});

test('charges are listed page by page, newest first, to their tenant and the backoffice', async () => {
  const { sql, app, tenantId, owner, operator } = await open();
  for (let made = 1; made < 5; made += 1) await charge(sql, tenantId);
  const path = `/tenants/${tenantId}/charges`;
  const seen: string[] = [];
  for (let cursor = ''; ; ) {
    const page = await json(await owner.get(`${path}?limit=2${cursor}`));
    seen.push(...(page['charges'] as { id: string }[]).map(({ id }) => id));
    if (page['nextCursor'] === null) break;
    cursor = `&cursor=${String(page['nextCursor'])}`;
  }
  const all = await sql<{ id: string }[]>`select id from performance_charge order by id desc`;
  expect(seen).toEqual(all.map(({ id }) => id));
  expect((await operator.get(path)).status).toBe(200);
  expect((await (await verifiedTenant(app)).owner.get(path)).status).toBe(404);
  expect((await (await signIn(app)).get(path)).status).toBe(403);
  for (const query of ['limit=0', 'limit=1e9', 'page=2']) {
    expect((await owner.get(`${path}?${query}`)).status).toBe(422);
  }
  expect((await owner.get(`${path}?cursor=bm9uc2Vuc2U`)).status).toBe(400);
});
