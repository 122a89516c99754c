import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { createApp } from '../../../src/api/app.ts';
import { appConfig, appDeps, contact, idOf, json, signIn, ticketBody, verifiedTenant } from '../../support/app.ts';
import { createDatabase } from '../../support/database.ts';
import { joined } from '../../support/service.ts';

async function open(bounds = {}) {
  const { sql } = await createDatabase();
  const app = createApp(appDeps(sql, { config: { ...appConfig, BOUNDS: { ...appConfig.BOUNDS, ...bounds } } }));
  const shop = await verifiedTenant(app);
  const codeOf = async () => String((await json(await shop.owner.post(`/tenants/${shop.tenantId}/invitations`, {})))['code']);
  const members = async () => {
    const { members: all } = (await json(await shop.owner.get(`/tenants/${shop.tenantId}/members`))) as { members: { userId: string }[] };
    return all.map(({ userId }) => userId);
  };
  const ticket = async () => idOf(await (await signIn(app)).post('/tickets', ticketBody(shop.tenantId)));
  return { sql, app, ...shop, codeOf, members, ticket };
}

test('whoever has the code of an invitation becomes a member, once', async () => {
  const { app, owner, codeOf, members } = await open();
  const [code, marco, other] = [await codeOf(), await signIn(app), await signIn(app)];
  expect((await marco.post('/memberships', { code, contact })).status).toBe(201);
  expect((await other.post('/memberships', { code, contact })).status).toBe(422);
  expect(await members()).toEqual([owner.userId, marco.userId]);
});

test.for(['of nobody', 'with another token', 'that expired'])('a code %s makes nobody a member', async (kind) => {
  const { sql, app, owner, codeOf, members } = await open();
  const code = await codeOf();
  if (kind === 'that expired') await sql`update member_invitation set expires_at = now()`;
  const tried = { 'of nobody': randomUUID(), 'with another token': code.replace(/.$/, (last) => (last === '0' ? '1' : '0')) }[kind] ?? code;
  expect((await (await signIn(app)).post('/memberships', { code: tried, contact })).status).toBe(422);
  expect(await members()).toEqual([owner.userId]);
});

test('an invitation is read by its creator alone, while it is open', async () => {
  const { app, tenantId, owner } = await open();
  const other = await signIn(app, { userId: await joined(app, { tenantId, owner }), roles: ['tenant'], tenantId });
  const { id, code } = await json(await owner.post(`/tenants/${tenantId}/invitations`, {}));
  const path = `/tenants/${tenantId}/invitations/${String(id)}`;
  const statuses = async () => [(await owner.get(path)).status, (await other.get(path)).status];
  expect(await statuses()).toEqual([200, 404]);
  await (await signIn(app)).post('/memberships', { code, contact });
  expect(await statuses()).toEqual([404, 404]);
});

test('only members are assigned: no customer, no stranger, no member of another tenant, nobody who was removed', async () => {
  const { sql, app, owner, tenantId, codeOf, ticket } = await open();
  const marco = await signIn(app);
  await marco.post('/memberships', { code: await codeOf(), contact });
  const other = await verifiedTenant(app);
  const id = await ticket();
  const [customer] = await sql<{ id: string }[]>`select customer_user_id as id from ticket where id = ${id}`;
  const assign = async (assigneeUserId = '') => (await owner.post(`/tickets/${id}/assign`, { assigneeUserId, contact })).status;
  for (const stranger of [randomUUID(), customer?.id, other.owner.userId]) expect(await assign(stranger)).toBe(422);
  const operator = await signIn(app, { roles: ['backoffice:write'] });
  expect((await operator.post(`/tickets/${id}/assign`, { assigneeUserId: randomUUID() })).status).toBe(422);
  expect(await assign(marco.userId)).toBe(200);
  expect(await assign(owner.userId)).toBe(200);
  expect((await owner.post(`/tenants/${tenantId}/members/remove`, { userId: marco.userId })).status).toBe(200);
  expect(await assign(marco.userId)).toBe(422);
  await marco.post('/memberships', { code: await codeOf(), contact });
  expect(await assign(marco.userId)).toBe(200);
});

test('a contact in an assignment changes nobody’s contact', async () => {
  const { sql, owner, ticket } = await open();
  const thief = { ...contact, email: 'thief@evil.example' };
  expect((await owner.post(`/tickets/${await ticket()}/assign`, { assigneeUserId: owner.userId, contact: thief })).status).toBe(200);
  expect(await sql`select from user_contact where email = ${thief.email} or confirmed_email = ${thief.email}`).toHaveLength(0);
});

test('assignments of one ticket are bounded', async () => {
  const { app, owner, codeOf, ticket } = await open({ assignments: 3 });
  const marco = await signIn(app);
  await marco.post('/memberships', { code: await codeOf(), contact });
  const [id, statuses] = [await ticket(), [] as number[]];
  for (const { userId } of [owner, marco, owner, marco]) {
    statuses.push((await owner.post(`/tickets/${id}/assign`, { assigneeUserId: userId })).status);
  }
  expect(statuses).toEqual([200, 200, 200, 429]);
});

test('the owner stays', async () => {
  const { owner, tenantId, members } = await open();
  expect((await owner.post(`/tenants/${tenantId}/members/remove`, { userId: owner.userId })).status).toBe(409);
  expect(await members()).toEqual([owner.userId]);
});

test('a member is no customer of the own tenant, and others are', async () => {
  const { sql, app, owner, tenantId, codeOf } = await open();
  const marco = await signIn(app);
  await marco.post('/memberships', { code: await codeOf(), contact });
  for (const userId of [owner.userId, marco.userId]) {
    expect((await (await signIn(app, { userId })).post('/tickets', ticketBody(tenantId))).status).toBe(403);
  }
  expect(await sql`select from ticket`).toHaveLength(0);
  const other = await verifiedTenant(app);
  expect((await marco.post('/tickets', ticketBody(other.tenantId))).status).toBe(201);
});
