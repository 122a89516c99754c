import { describe, expect, test } from 'vitest';
import { createApp } from '../../../src/api/app.ts';
import type { Tx } from '../../../src/platform/postgres.ts';
import { appDeps, idOf, json, signIn, tenantBody, verifiedTenant } from '../../support/app.ts';
import { createDatabase } from '../../support/database.ts';
import { eventsOf } from '../../support/events.ts';
import { race } from '../../support/race.ts';
import { listingBody, made, placeBody, publishedListing } from '../../support/service.ts';

const reason = { reason: 'El precio no es el que cobran.' };

describe('a listing', () => {
  test('is published in its branch’s zone, and seen by everybody', async () => {
    const { sql } = await createDatabase();
    const app = createApp(appDeps(sql));
    const { tenantId, owner, branchId, listingId } = await publishedListing(app);
    const { title, category } = listingBody(branchId);
    const seen = await (await signIn(app)).get(`/listings/${listingId}`);
    expect(await json(seen)).toMatchObject({ id: listingId, tenantId, title, category, zone: 'roma-norte' });
    expect(await eventsOf(sql, 'ListingPublished')).toEqual([
      {
        type: 'ListingPublished', tenantId, actorUserId: owner.userId,
        payload: { listingId, tenantId, title, category, zone: 'roma-norte' },
      },
    ]);
  });

  test('needs a verified tenant and a branch of its own', async () => {
    const { sql } = await createDatabase();
    const app = createApp(appDeps(sql));
    const founder = await signIn(app);
    const tenantId = await idOf(await founder.post('/tenants', tenantBody));
    const unverified = await signIn(app, { userId: founder.userId, roles: ['tenant'], tenantId });
    const branchId = await made(unverified, `/tenants/${tenantId}/branches`, placeBody);
    expect((await unverified.post(`/tenants/${tenantId}/listings`, listingBody(branchId))).status).toBe(409);

    const other = await verifiedTenant(app);
    const borrowed = await other.owner.post(`/tenants/${other.tenantId}/listings`, listingBody(branchId));
    expect([borrowed.status, await json(borrowed)]).toMatchObject([422, { errors: [{ pointer: '/branchId' }] }]);
    expect((await other.owner.post(`/tenants/${tenantId}/listings`, listingBody(branchId))).status).toBe(404);
    expect(await sql`select from listing`).toHaveLength(0);
  });

  test('published while its branch moves is where the branch is then', async () => {
    const { sql } = await createDatabase();
    const app = createApp(appDeps(sql));
    const { tenantId, owner, branchId } = await publishedListing(app);
    const hold = (tx: Tx) => tx`update branch set zone = 'condesa' where id = ${branchId}`;
    const published = await race(sql, { hold, racers: 1 }, () =>
      owner.post(`/tenants/${tenantId}/listings`, listingBody(branchId)),
    );
    expect([published.status, await json(published)]).toMatchObject([201, { zone: 'condesa' }]);
    expect(await sql`select distinct zone from listing`).toEqual([{ zone: 'condesa' }]);
  });

  test('is flagged once by each user, and by an operator on record', async () => {
    const { sql } = await createDatabase();
    const app = createApp(appDeps(sql));
    const { tenantId, listingId } = await publishedListing(app);
    const [user, other] = [await signIn(app), await signIn(app)];
    const operator = await signIn(app, { roles: ['backoffice:write'] });
    const path = `/listings/${listingId}/flags`;
    const answers = [];
    for (const client of [user, other, user, operator, operator]) answers.push(await client.post(path, reason));
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 409, 201, 409]);

    const told = await eventsOf(sql, 'ListingFlagged');
    const flagged = (flaggedBy: string) => ({ listingId, tenantId, ...reason, flaggedBy });
    expect(told.map(({ payload }) => payload)).toEqual([flagged('user'), flagged('user'), flagged('operator')]);
    expect(await sql`select from listing_flag`).toHaveLength(3);
    expect(await sql`select operator_user_id as by from operator_action where action = 'flag-listing'`).toEqual([
      { by: operator.userId },
    ]);
  });

  test('that two requests of a user flag at once is flagged once', async () => {
    const { sql } = await createDatabase();
    const app = createApp(appDeps(sql));
    const { listingId } = await publishedListing(app);
    const user = await signIn(app);
    const flags = Array.from({ length: 6 }, () => user.post(`/listings/${listingId}/flags`, reason));
    const statuses = (await Promise.all(flags)).map(({ status }) => status).toSorted();
    expect(statuses).toEqual([201, 409, 409, 409, 409, 409]);
    expect(await eventsOf(sql, 'ListingFlagged')).toHaveLength(1);
  });

  test('that was hidden is there for its tenant and the backoffice only', async () => {
    const { sql } = await createDatabase();
    const app = createApp(appDeps(sql));
    const { owner, listingId } = await publishedListing(app);
    const operator = await signIn(app, { roles: ['backoffice:write'] });
    const hide = { target: 'listing', targetId: listingId, action: 'hide', ...reason };
    await made(operator, '/backoffice/moderation', hide);
    const [user, reader] = [await signIn(app), await signIn(app, { roles: ['backoffice:read'] })];
    const stranger = await verifiedTenant(app);
    const clients = [user, stranger.owner, owner, reader];
    const seen = await Promise.all(clients.map((client) => client.get(`/listings/${listingId}`)));
    expect(seen.map(({ status }) => status)).toEqual([404, 404, 200, 200]);
    expect((await user.post(`/listings/${listingId}/flags`, reason)).status).toBe(404);
  });
});
