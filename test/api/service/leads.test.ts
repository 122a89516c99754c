import { describe, expect, test } from 'vitest';
import { createApp } from '../../../src/api/app.ts';
import { appDeps, type Client, json, signIn, verifiedTenant } from '../../support/app.ts';
import { createDatabase } from '../../support/database.ts';
import { eventsOf } from '../../support/events.ts';
import { joined, leadBody, made, publishedListing } from '../../support/service.ts';

async function open() {
  const { sql } = await createDatabase();
  const app = createApp(appDeps(sql));
  const tenant = await publishedListing(app);
  return { sql, app, ...tenant, path: `/tenants/${tenant.tenantId}/leads` };
}

describe('a lead', () => {
  test('comes from the tenant or any user; its event and the outbox never see the prospect', async () => {
    const { sql, app, owner, tenantId, listingId, path } = await open();
    const user = await signIn(app);
    const ids = [
      await made(owner, path, { ...leadBody, source: 'phone' }),
      await made(user, path, { ...leadBody, listingId }),
    ];
    const told = await eventsOf(sql, 'LeadCreated');
    expect(told).toMatchObject([
      { actorUserId: owner.userId, payload: { leadId: ids[0], tenantId, source: 'phone', listingId: null } },
      { actorUserId: user.userId, payload: { leadId: ids[1], tenantId, source: 'form', listingId } },
    ]);
    expect(JSON.stringify(await sql`select * from outbox_event`)).not.toMatch(/Luis Paz|5512345678/);
  });

  test('is read by its creator from outside, and no longer by a member who was removed', async () => {
    const { app, owner, tenantId, path } = await open();
    const [customer, stranger] = [await signIn(app), await signIn(app)];
    const member = await joined(app, { tenantId, owner });
    const worker = await signIn(app, { userId: member, roles: ['tenant'], tenantId });
    const [fromCustomer, fromMember] = [await made(customer, path, leadBody), await made(worker, path, leadBody)];
    const asUser = await signIn(app, { userId: member });
    const statuses = async (client: Client) =>
      Promise.all([fromCustomer, fromMember].map(async (id) => (await client.get(`/leads/${id}`)).status));
    expect(await statuses(owner)).toEqual([200, 200]);
    expect(await statuses(customer)).toEqual([200, 404]);
    expect(await statuses(stranger)).toEqual([404, 404]);
    expect(await statuses(asUser)).toEqual([404, 200]);
    await owner.post(`/tenants/${tenantId}/members/remove`, { userId: member });
    expect(await statuses(asUser)).toEqual([404, 404]);
  });

  test('goes along its way, and tells its first response once', async () => {
    const { sql, owner, path } = await open();
    const id = await made(owner, path, leadBody);
    await sql`update lead set created_at = created_at - interval '90 seconds'`;
    for (const status of ['contacted', 'qualified', 'won']) await made(owner, `/leads/${id}/status`, { status });
    const told = (await eventsOf(sql, 'LeadStatusChanged')).map(({ payload }) => payload);
    expect(told.map(({ from, to }) => [from, to])).toEqual([
      ['new', 'contacted'], ['contacted', 'qualified'], ['qualified', 'won'],
    ]);
    expect(told.map((payload) => payload['firstResponseSeconds'] !== null)).toEqual([true, false, false]);
    const [lead] = (await json(await owner.get(path)))['leads'] as Record<string, unknown>[];
    expect(lead).toMatchObject({ id, status: 'won', contact: { ...leadBody.contact, email: null } });
    expect(lead?.['firstResponseSeconds']).toBe(told[0]?.['firstResponseSeconds']);
    expect(lead?.['firstResponseSeconds']).toBeGreaterThanOrEqual(90);

    const answer = await owner.post(`/leads/${id}/status`, { status: 'lost' });
    expect([answer.status, await json(answer)]).toMatchObject([
      409, { detail: 'The lead is won. That allows: nothing more.' },
    ]);
  });

  test('is listed page by page, newest first, also those of one status', async () => {
    const { owner, path } = await open();
    const ids: string[] = [];
    for (let lead = 0; lead < 5; lead += 1) ids.unshift(await made(owner, path, leadBody));
    await made(owner, `/leads/${ids[2]}/status`, { status: 'contacted' });
    const read = async (query: string) => {
      const seen: string[] = [];
      for (let next: string | null = ''; next !== null; ) {
        const page: Record<string, unknown> = await json(await owner.get(`${path}?limit=2${query}${next}`));
        seen.push(...(page['leads'] as { id: string }[]).map(({ id }) => id));
        next = page['nextCursor'] === null ? null : `&cursor=${String(page['nextCursor'])}`;
      }
      return seen;
    };
    expect(await read('')).toEqual(ids);
    expect(await read('&status=new')).toEqual(ids.filter((id) => id !== ids[2]));
  });

  test('is out of everybody else’s reach, and a cursor is good for one tenant', async () => {
    const { sql, app, owner, path, listingId } = await open();
    const ids = [await made(owner, path, leadBody), await made(owner, path, leadBody)];
    const other = await verifiedTenant(app);
    const before = await sql`select * from lead order by id`;
    const cursor = String((await json(await owner.get(`${path}?limit=1`)))['nextCursor']);
    const answers = [
      await other.owner.get(path),
      await other.owner.post(path, leadBody),
      await other.owner.post(`/leads/${ids[0]}/status`, { status: 'contacted' }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404]);
    const user = await signIn(app);
    expect([(await user.get(path)).status, (await user.post(`/leads/${ids[0]}/status`, { status: 'lost' })).status])
      .toEqual([403, 403]);
    const ownPath = `/tenants/${other.tenantId}/leads`;
    expect((await other.owner.get(`${ownPath}?cursor=${cursor}`)).status).toBe(400);
    const borrowed = await user.post(ownPath, { ...leadBody, listingId });
    expect([borrowed.status, await json(borrowed)]).toMatchObject([422, { errors: [{ pointer: '/listingId' }] }]);
    expect(await sql`select * from lead order by id`).toEqual(before);
  });
});
