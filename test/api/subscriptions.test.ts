import { expect, test } from 'vitest';
import { createApp } from '../../src/api/app.ts';
import { appDeps, idOf, json, signIn, tenantBody, verifiedTenant } from '../support/app.ts';
import { createDatabase } from '../support/database.ts';
import { moneyEvents } from '../support/money.ts';

const basic = { plan: 'basic', period: 'monthly', startsOn: '2026-12-01' };

async function open() {
  const { sql } = await createDatabase();
  const app = createApp(appDeps(sql));
  const { tenantId, owner } = await verifiedTenant(app);
  const operator = await signIn(app, { roles: ['backoffice:write'] });
  return { sql, app, tenantId, owner, operator, path: `/tenants/${tenantId}/subscriptions` };
}

test('a tenant begins to pay for a plan at the list’s price, once, with its event', async () => {
  const { sql, tenantId, owner, operator, path } = await open();
  const started = await owner.post(path, basic);
  expect(started.status).toBe(201);
  const subscription = await json(started);
  expect(subscription).toMatchObject({ ...basic, tenantId, price: { minor: 49_900, currency: 'MXN' }, endedOn: null });
  expect((await owner.post(path, { ...basic, plan: 'professional' })).status).toBe(409);
  expect((await operator.post(path, basic)).status).toBe(409);
  expect(await moneyEvents(sql)).toEqual(['SubscriptionStarted']);
  for (const reader of [owner, operator]) {
    expect(await json(await reader.get(path))).toEqual({ subscriptions: [subscription], nextCursor: null });
  }
});

test('of many that are asked for at once a tenant gets one', async () => {
  const { sql, owner, path } = await open();
  const answers = await Promise.all(Array.from({ length: 10 }, () => owner.post(path, basic)));
  expect(answers.map(({ status }) => status).toSorted()).toEqual([201, ...Array<number>(9).fill(409)]);
  expect(await moneyEvents(sql)).toEqual(['SubscriptionStarted']);
});

test('an operator’s word for a tenant is on record', async () => {
  const { sql, tenantId, operator, path } = await open();
  const subscriptionId = await idOf(await operator.post(path, { ...basic, period: 'yearly' }));
  const [action] = await sql`select request from operator_action where action = 'start-subscription'`;
  expect(action).toEqual({ request: { tenantId, subscriptionId, plan: 'basic' } });
});

test('another tenant’s token gets 404, another role’s 403, and neither changes a row', async () => {
  const { sql, app, owner, path } = await open();
  const stranger = (await verifiedTenant(app)).owner;
  const customer = await signIn(app);
  expect((await stranger.post(path, basic)).status).toBe(404);
  expect((await customer.post(path, basic)).status).toBe(403);
  await owner.post(path, basic);
  expect((await stranger.get(path)).status).toBe(404);
  expect((await customer.get(path)).status).toBe(403);
  expect(await sql`select count(*)::integer as rows from tenant_subscription`).toEqual([{ rows: 1 }]);
});

test('what can’t be is answered with 422, and makes no row', async () => {
  const { sql, app, owner, operator, path } = await open();
  const wrong = [
    { plan: 'platinum' }, { plan: { $ne: null } }, { period: 'daily' }, { startsOn: '2026-02-30' },
    { startsOn: 'infinity' },
    { startsOn: '2026-12-01T00:00:00Z' }, { startsOn: '9999-12-31' }, { price: 1 }, { tenantId: owner.userId },
  ];
  for (const odd of wrong) expect([odd, (await owner.post(path, { ...basic, ...odd })).status]).toEqual([odd, 422]);
  const japanese = await idOf(await (await signIn(app)).post('/tenants', { ...tenantBody, currency: 'JPY' }));
  expect((await operator.post(`/tenants/${japanese}/subscriptions`, basic)).status).toBe(422);
  expect(await sql`select from tenant_subscription`).toEqual([]);
});
