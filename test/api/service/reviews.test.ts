import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createApp } from '../../../src/api/app.ts';
import { PRIOR } from '../../../src/domain/ranking/reputation.ts';
import type { Tx } from '../../../src/platform/postgres.ts';
import { appDeps, contact, json, signIn, verifiedTenant } from '../../support/app.ts';
import { createDatabase } from '../../support/database.ts';
import { eventsOf } from '../../support/events.ts';
import { race } from '../../support/race.ts';
import { approvedTicket, assignedTicket, made, quoteBody, reviewBody, reviewedTicket } from '../../support/service.ts';

async function open() {
  const { sql } = await createDatabase();
  return { sql, app: createApp(appDeps(sql)) };
}

describe('a review', () => {
  test('of a ticket whose approved quote was nothing is not verified, and a member writes none', async () => {
    const { app } = await open();
    const { tenantId, owner, customer, ticketId } = await assignedTicket(app);
    const quoteId = await made(owner, `/tickets/${ticketId}/quotes`, { ...quoteBody(0), lines: [{ description: 'Nada', quantity: 1, unitPriceMinor: 0 }] });
    await made(customer, `/quotes/${quoteId}/approve`, {});
    await made(owner, `/tickets/${ticketId}/close`, { outcome: 'completed' });
    expect(await json(await customer.post(`/tickets/${ticketId}/reviews`, reviewBody()))).toMatchObject({ verified: false });

    const later = await assignedTicket(app, { tenantId, owner });
    await made(owner, `/tickets/${later.ticketId}/close`, { outcome: 'completed' });
    const { code } = await json(await owner.post(`/tenants/${tenantId}/invitations`, {}));
    await made(later.customer, '/memberships', { code, contact });
    expect((await later.customer.post(`/tickets/${later.ticketId}/reviews`, reviewBody())).status).toBe(403);
  });

  test.each([true, false])('is verified (%s) when its customer had approved a quote', async (verified) => {
    const { sql, app } = await open();
    const { tenantId, ticketId, customer, reviewId } = await reviewedTicket(app, { rating: 4, verified });
    const payload = { reviewId, ticketId, tenantId, authorUserId: customer.userId, rating: 4, verified };
    expect(await eventsOf(sql, 'ReviewCreated')).toEqual([
      { type: 'ReviewCreated', tenantId, actorUserId: customer.userId, payload },
    ]);
  });

  test('is written once for a ticket, however often it is sent at once', async () => {
    const { sql, app } = await open();
    const { owner, customer, ticketId } = await approvedTicket(app);
    await made(owner, `/tickets/${ticketId}/close`, { outcome: 'completed' });
    const send = () => customer.post(`/tickets/${ticketId}/reviews`, reviewBody());
    const hold = (tx: Tx) => tx`select from ticket for update`;
    const sent = await race(sql, { hold, racers: 6 }, () => Promise.all(Array.from({ length: 6 }, send)));
    const statuses = sent.map(({ status }) => status).toSorted();
    expect(statuses).toEqual([201, 409, 409, 409, 409, 409]);
    expect(await sql`select from review`).toHaveLength(1);
    expect(await eventsOf(sql, 'ReviewCreated')).toHaveLength(1);
  });

  test('waits until the work is completed, and is nobody’s but the customer’s', async () => {
    const { sql, app } = await open();
    const { owner, customer, ticketId } = await assignedTicket(app);
    const path = `/tickets/${ticketId}/reviews`;
    expect((await customer.post(path, reviewBody())).status).toBe(409);
    await made(owner, `/tickets/${ticketId}/close`, { outcome: 'completed' });
    const both = { userId: randomUUID(), roles: ['user', 'tenant'], tenantId: randomUUID() } as const;
    for (const client of [await signIn(app), await signIn(app, both)]) {
      expect((await client.post(path, reviewBody())).status).toBe(404);
    }
    expect((await owner.post(path, reviewBody())).status).toBe(403);
    expect(await sql`select from review`).toHaveLength(0);
  });

  test('is shown to everybody without its author, page by page; a hidden one is absent', async () => {
    const { app } = await open();
    const tenant = await verifiedTenant(app);
    const ids: string[] = [];
    for (const rating of [5, 1, 4]) ids.unshift((await reviewedTicket(app, { rating, tenant })).reviewId);
    const operator = await signIn(app, { roles: ['backoffice:write'] });
    const hide = { target: 'review', targetId: ids[1], action: 'hide', reason: 'Insultos.' };
    await made(operator, '/backoffice/moderation', hide);

    const anybody = await signIn(app);
    const path = `/tenants/${tenant.tenantId}/reviews?limit=1`;
    const first = await json(await anybody.get(path));
    expect(first['reviews']).toEqual([
      { id: ids[0], ...reviewBody(4), verified: true, createdAt: expect.any(String) as string },
    ]);
    const second = await json(await anybody.get(`${path}&cursor=${String(first['nextCursor'])}`));
    expect(second).toMatchObject({ reviews: [{ id: ids[2], rating: 5 }], nextCursor: null });
  });
});

describe('a reputation', () => {
  test('is the prior where nobody has judged, and nothing where there is no tenant', async () => {
    const { app } = await open();
    const { tenantId } = await verifiedTenant(app);
    const user = await signIn(app);
    const seen = await json(await user.get(`/tenants/${tenantId}/reputation`));
    expect(seen).toEqual({ tenantId, score: PRIOR.mean, reviews: 0, verifiedReviews: 0 });
    expect((await user.get(`/tenants/${randomUUID()}/reputation`)).status).toBe(404);
  });
});
