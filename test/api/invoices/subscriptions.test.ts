import { expect, test } from 'vitest';
import { createApp } from '../../../src/api/app.ts';
import { addMonths, dayBefore, dayIn, firstDayOf } from '../../../src/domain/calendar-day.ts';
import { appDeps, idOf, json, signIn, verifiedTenant } from '../../support/app.ts';
import { billingFacts } from '../../support/billing.ts';
import { createDatabase } from '../../support/database.ts';
import { moneyEvents } from '../../support/money.ts';

const today = dayIn(new Date(), 'America/Mexico_City');
const dayAfter = (day: string) => new Date(Date.parse(day) + 86_400_000).toISOString().slice(0, 10);
const yearAhead = addMonths(today, 12);
const basic = { plan: 'basic', period: 'monthly', startsOn: today };

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
  const { sql, owner, operator, path } = await open();
  const wrong = [
    { plan: 'platinum' }, { plan: { $ne: null } }, { period: 'daily' }, { startsOn: '2026-02-30' },
    { startsOn: 'infinity' },
    { startsOn: `${today}T00:00:00Z` }, { startsOn: '9999-12-31' }, { startsOn: '2199-12-31' }, { startsOn: '1970-01-01' },
    { startsOn: dayBefore(today) }, { startsOn: dayAfter(yearAhead) }, { price: 1 }, { tenantId: owner.userId },
  ];
  for (const odd of wrong) expect([odd, (await owner.post(path, { ...basic, ...odd })).status]).toEqual([odd, 422]);
  const japanese = await billingFacts(sql).tenant({ currency: 'JPY' });
  expect((await operator.post(`/tenants/${japanese}/subscriptions`, basic)).status).toBe(422);
  expect(await sql`select from tenant_subscription`).toEqual([]);
});

test('a tenant begins from today to a year ahead, and an operator from the first day of the last open month', async () => {
  const { sql, tenantId, owner, operator, path } = await open();
  const [thisMonth, lastMonth] = [firstDayOf(today), addMonths(firstDayOf(today), -1)];
  const begin = async (client: typeof owner, startsOn: string) => {
    const { status } = await client.post(path, { ...basic, startsOn });
    await sql`delete from tenant_subscription`;
    return status;
  };
  expect(await begin(owner, yearAhead)).toBe(201);
  expect(await begin(operator, yearAhead)).toBe(201);
  expect(await begin(operator, dayAfter(yearAhead))).toBe(422);
  expect(await begin(operator, lastMonth)).toBe(201);
  expect(await begin(operator, dayBefore(lastMonth))).toBe(422);
  await sql`insert into invoice_series (series, last_number) values ('MX-2026', 1)`;
  await sql`
    insert into invoice (
      id, kind, series, place, tenant_id, tenant_name, country, currency, period_start, period_end, issued_at, issued_on,
      net_minor, tax_minor, total_minor, line_count
    )
    values (
      gen_random_uuid(), 'invoice', 'MX-2026', 1, ${tenantId}, 'x', 'MX', 'MXN', ${lastMonth}, ${dayBefore(thisMonth)},
      now(), ${today}, 0, 0, 0, 1
    )
  `;
  expect(await begin(operator, dayBefore(thisMonth))).toBe(422);
  expect(await begin(operator, thisMonth)).toBe(201);
});

test('a subscription ends after a day, once, and the next begins after it', async () => {
  const { sql, owner, operator, path } = await open();
  const id = await idOf(await owner.post(path, basic));
  const later = addMonths(today, 2);
  expect((await owner.post(`${path}/${id}/end`, { endsOn: dayBefore(today) })).status).toBe(422);
  expect((await owner.post(`${path}/${id}/end`, { endsOn: dayAfter(yearAhead) })).status).toBe(422);
  const answers = await Promise.all([1, 2, 3].map(() => owner.post(`${path}/${id}/end`, { endsOn: later })));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
  expect((await owner.post(path, { ...basic, startsOn: later })).status).toBe(409);
  expect((await owner.post(path, { ...basic, startsOn: dayAfter(later) })).status).toBe(201);
  expect(await json(await operator.get(path))).toMatchObject({ subscriptions: [{ endedOn: null }, { id, endedOn: later }] });
  expect(await sql`select from operator_action where action = 'end-subscription'`).toEqual([]);
});

test('a subscription that would begin later never begins', async () => {
  const { tenantId, operator, owner, path, sql } = await open();
  const startsOn = addMonths(today, 3);
  const id = await idOf(await owner.post(path, { ...basic, startsOn }));
  const ended = await operator.post(`${path}/${id}/end`, { endsOn: today });
  expect(await json(ended)).toMatchObject({ startsOn, endedOn: dayBefore(startsOn) });
  expect((await owner.post(path, basic)).status).toBe(201);
  const [action] = await sql`select request from operator_action where action = 'end-subscription'`;
  expect(action).toEqual({ request: { tenantId, subscriptionId: id, endsOn: today } });
});

test('nobody ends what is another’s, nor on a day that is none', async () => {
  const { app, owner, operator, path } = await open();
  const id = await idOf(await owner.post(path, basic));
  const stranger = await verifiedTenant(app);
  const reader = await signIn(app, { roles: ['backoffice:read'] });
  const end = `${path}/${id}/end`;
  expect((await stranger.owner.post(end, { endsOn: today })).status).toBe(404);
  expect((await stranger.owner.post(`/tenants/${stranger.tenantId}/subscriptions/${id}/end`, { endsOn: today })).status).toBe(404);
  expect((await reader.post(end, { endsOn: today })).status).toBe(403);
  for (const body of [{}, { endsOn: null }, { endsOn: '2026-02-30' }, { endsOn: 'infinity' }, { endsOn: today, refund: 1 }]) {
    expect([body, (await operator.post(end, body)).status]).toEqual([body, 422]);
  }
});
