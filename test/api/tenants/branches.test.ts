import { describe, expect, test } from 'vitest';
import { createApp } from '../../../src/api/app.ts';
import { appDeps, json, signIn, verifiedTenant } from '../../support/app.ts';
import { createDatabase } from '../../support/database.ts';
import { eventsOf } from '../../support/events.ts';
import { made, placeBody, publishedListing } from '../../support/service.ts';

describe('a branch', () => {
  test('is told of when it opens and each time it moves, and not when nothing changed', async () => {
    const { sql } = await createDatabase();
    const app = createApp(appDeps(sql));
    const { tenantId, owner } = await verifiedTenant(app);
    const branchId = await made(owner, `/tenants/${tenantId}/branches`, placeBody);
    await made(owner, `/branches/${branchId}`, placeBody);
    await made(owner, `/branches/${branchId}`, { ...placeBody, address: 'Calle Colima 2' });

    const told = await eventsOf(sql, 'BranchUpdated');
    const at = (address: string) => ({ branchId, tenantId, ...placeBody, address });
    expect(told.map(({ payload }) => payload)).toEqual([at('Calle Colima 1'), at('Calle Colima 2')]);
    expect(told.every((event) => event.tenantId === tenantId && event.actorUserId === owner.userId)).toBe(true);
  });

  test('takes its listings along into its zone', async () => {
    const { sql } = await createDatabase();
    const app = createApp(appDeps(sql));
    const { owner, branchId, listingId } = await publishedListing(app);
    await made(owner, `/branches/${branchId}`, { ...placeBody, zone: 'condesa' });
    expect(await json(await owner.get(`/listings/${listingId}`))).toMatchObject({ zone: 'condesa' });
  });

  test('is listed page by page, the first one first, for its tenant and the backoffice', async () => {
    const { sql } = await createDatabase();
    const app = createApp(appDeps(sql));
    const { tenantId, owner } = await verifiedTenant(app);
    const ids: string[] = [];
    for (const zone of ['a', 'b', 'c']) {
      ids.push(await made(owner, `/tenants/${tenantId}/branches`, { ...placeBody, zone }));
    }
    const idsOf = (page: Record<string, unknown>) => (page['branches'] as { id: string }[]).map(({ id }) => id);

    const first = await json(await owner.get(`/tenants/${tenantId}/branches?limit=2`));
    const cursor = String(first['nextCursor']);
    const second = await json(await owner.get(`/tenants/${tenantId}/branches?limit=2&cursor=${cursor}`));
    expect([...idsOf(first), ...idsOf(second)]).toEqual(ids);
    expect(second['nextCursor']).toBeNull();
    const reader = await signIn(app, { roles: ['backoffice:read'] });
    expect(idsOf(await json(await reader.get(`/tenants/${tenantId}/branches`)))).toEqual(ids);
  });

  test('is out of another tenant’s reach', async () => {
    const { sql } = await createDatabase();
    const app = createApp(appDeps(sql));
    const [mine, theirs] = [await verifiedTenant(app), await verifiedTenant(app)];
    const branchId = await made(mine.owner, `/tenants/${mine.tenantId}/branches`, placeBody);
    const before = await sql`select * from branch`;
    const answers = [
      await theirs.owner.post(`/tenants/${mine.tenantId}/branches`, placeBody),
      await theirs.owner.post(`/branches/${branchId}`, { ...placeBody, zone: 'taken' }),
      await theirs.owner.get(`/tenants/${mine.tenantId}/branches`),
    ];
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404]);
    expect(await sql`select * from branch`).toEqual(before);
  });
});
