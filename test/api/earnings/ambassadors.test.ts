import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { createApp } from '../../../src/api/app.ts';
import { appDeps, idOf, json, signIn, signInOperators, tenantBody, verifiedTenant } from '../../support/app.ts';
import { createDatabase } from '../../support/database.ts';
import { FOUNDERS_PLAN, moneyEvents, STANDARD_PLAN } from '../../support/money.ts';

async function open() {
  const { sql } = await createDatabase();
  const app = createApp(appDeps(sql));
  const { tenantId, owner } = await verifiedTenant(app);
  const operator = await signInOperators(app);
  const ambassador = await signIn(app);
  const path = `/backoffice/ambassadors/${ambassador.userId}/attributions`;
  const body = { tenantId, planId: STANDARD_PLAN, startsOn: '2026-03-01', endsOn: '2026-03-31' };
  return { sql, app, tenantId, owner, operator, ambassador, path, body };
}

test('a tenant is attributed with the plan’s terms on the first day, its event and a record of who did it', async () => {
  const { sql, tenantId, operator, ambassador, path, body } = await open();
  const done = await operator.post(path, { ...body, planId: FOUNDERS_PLAN, endsOn: undefined });
  expect(done.status).toBe(201);
  expect(await json(done)).toMatchObject({
    tenantId, ambassadorUserId: ambassador.userId, startsOn: '2026-03-01', endsOn: null,
  });
  const [event] = await sql`select payload_json from outbox_event where event_type = 'TenantAttributed'`;
  expect(event?.['payload_json']).toMatchObject({
    rateBasisPoints: 2_000, cap: { minor: 150_000, currency: 'MXN' }, endsOn: null,
  });
  expect(await sql`select operator_user_id from operator_action where action = 'attribute-tenant'`).toEqual([
    { operator_user_id: operator.second.userId },
  ]);
});

test('a day of a tenant belongs to one ambassador', async () => {
  const { sql, operator, path, body } = await open();
  const post = async (startsOn: string, endsOn?: string) => {
    const { status } = await operator.post(path, { ...body, startsOn, endsOn });
    return status;
  };
  expect(await post('2026-03-01', '2026-03-31')).toBe(201);
  expect(await post('2026-03-31')).toBe(409);
  expect(await post('2026-02-01', '2026-03-01')).toBe(409);
  expect(await post('2026-02-01')).toBe(409);
  expect(await post('2026-02-01', '2026-02-28')).toBe(201);
  expect(await post('2026-04-01')).toBe(201);
  expect(await post('2199-01-01')).toBe(409);
  expect(await moneyEvents(sql)).toEqual(Array(3).fill('TenantAttributed'));
});

test('of many attributions at once one is made', async () => {
  const { sql, operator, path, body } = await open();
  const answers = await Promise.all(Array.from({ length: 8 }, () => operator.post(path, body)));
  expect(answers.map(({ status }) => status).toSorted()).toEqual([201, ...Array<number>(7).fill(409)]);
  expect(await moneyEvents(sql)).toEqual(['TenantAttributed']);
});

test('what can’t be is answered with 422, and who may not with 403', async () => {
  const { sql, app, operator, owner, ambassador, path, body } = await open();
  const euro = await idOf(await owner.post('/tenants', { ...tenantBody, currency: 'EUR' }));
  const wrong = [
    { tenantId: randomUUID() }, { planId: randomUUID() }, { startsOn: '2025-12-31' }, { endsOn: '2026-02-28' },
    { endsOn: null },
    { startsOn: '2026-02-30' }, { endsOn: 'infinity' }, { rate: 10_000 }, { tenantId: euro, planId: FOUNDERS_PLAN },
  ];
  for (const odd of wrong) expect([odd, (await operator.post(path, { ...body, ...odd })).status]).toEqual([odd, 422]);
  const reader = await signIn(app, { roles: ['backoffice:read'] });
  for (const other of [owner, ambassador, reader]) expect((await other.post(path, body)).status).toBe(403);
  expect((await operator.post('/backoffice/ambassadors/1/attributions', body)).status).toBe(404);
  expect(await sql`select from attribution`).toEqual([]);
});

test('an attribution until further notice ends on a day, and a successor begins the day after', async () => {
  const { sql, app, operator, path, body } = await open();
  const id = await idOf(await operator.post(path, { ...body, endsOn: undefined }));
  const successor = `/backoffice/ambassadors/${randomUUID()}/attributions`;
  expect((await operator.post(successor, { ...body, startsOn: '2026-12-01', endsOn: undefined })).status).toBe(409);
  const end = (endsOn: unknown, by: Pick<typeof operator, 'post'> = operator) => by.post(`/backoffice/attributions/${id}/end`, { endsOn });
  expect((await end('2026-11-30', await signIn(app, { roles: ['backoffice:write'] }))).status).toBe(202);
  expect(await sql`select ends_on from attribution`).toEqual([{ ends_on: null }]);
  const ended = await end('2026-11-30');
  expect(await json(ended)).toMatchObject({ id, startsOn: '2026-03-01', endsOn: '2026-11-30' });
  expect(await sql`select request from operator_action where action = 'end-attribution'`).toEqual([
    { request: { attributionId: id, endsOn: '2026-11-30' } },
  ]);
  for (const again of ['2026-11-30', '2026-12-31']) expect((await end(again)).status).toBe(409);
  expect((await operator.post(successor, { ...body, startsOn: '2026-11-30', endsOn: undefined })).status).toBe(409);
  expect((await operator.post(successor, { ...body, startsOn: '2026-12-01', endsOn: undefined })).status).toBe(201);
});

test('an attribution ends neither before it begins, nor before a day that it earned on, nor by its ambassador’s own word', async () => {
  const { sql, app, tenantId, owner, operator, ambassador, path, body } = await open();
  const id = await idOf(await operator.post(path, { ...body, endsOn: undefined }));
  const end = (endsOn: unknown, by: Pick<typeof operator, 'post'> = operator) => by.post(`/backoffice/attributions/${id}/end`, { endsOn });
  await sql`
    insert into payment (id, provider, provider_payment_id, tenant_id, amount_minor, currency, status, captured_at, created_at)
    values (${id}, 'sandpay', 'pay_1', ${tenantId}, 1000, 'MXN', 'captured', '2026-04-10', now())
  `;
  await sql`
    insert into commission (id, payment_id, kind, tenant_id, ambassador_user_id, attribution_id, amount_minor, currency, earned_on)
    values (${id}, ${id}, 'payment', ${tenantId}, ${ambassador.userId}, ${id}, 100, 'MXN', '2026-04-10')
  `;
  for (const early of ['2026-02-28', '2026-04-09']) expect((await end(early)).status).toBe(409);
  expect(await json(await end('2026-04-09'))).toMatchObject({ detail: 'The attribution earned on 2026-04-10. It can end on that day or later.' });
  for (const odd of [undefined, null, '2026-02-30', 'infinity', '9999-12-31', { $ne: null }]) expect((await end(odd)).status).toBe(422);
  expect((await operator.post(`/backoffice/attributions/${randomUUID()}/end`, { endsOn: '2026-05-01' })).status).toBe(404);
  const himself = await signIn(app, { userId: ambassador.userId, roles: ['backoffice:write'] });
  for (const other of [owner, ambassador, himself, await signIn(app, { roles: ['backoffice:read'] })]) {
    expect((await end('2026-05-01', other)).status).toBe(403);
  }
  expect((await end('2026-04-10')).status).toBe(200);
});
