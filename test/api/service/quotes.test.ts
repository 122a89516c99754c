import { randomUUID } from 'node:crypto';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createApp } from '../../../src/api/app.ts';
import type { Tx } from '../../../src/platform/postgres.ts';
import { appDeps, json, signIn, ticketBody, verifiedTenant } from '../../support/app.ts';
import { createDatabase } from '../../support/database.ts';
import { eventsOf } from '../../support/events.ts';
import { race } from '../../support/race.ts';
import { assignedTicket, inDays, made, quoteBody } from '../../support/service.ts';

async function open() {
  const { sql } = await createDatabase();
  const app = createApp(appDeps(sql));
  const ticket = await assignedTicket(app);
  const send = () => made(ticket.owner, `/tickets/${ticket.ticketId}/quotes`, quoteBody());
  return { sql, app, ...ticket, send };
}

const holdTickets = (tx: Tx) => tx`select from ticket for update`;

describe('a quote', () => {
  test('is sent by the tenant with its total, and approved by the customer, each with its event', async () => {
    const { sql, owner, customer, ticketId, tenantId } = await open();
    const sent = await json(await owner.post(`/tickets/${ticketId}/quotes`, quoteBody()));
    expect(sent).toMatchObject({ status: 'sent', totalMinor: 260_000, currency: 'MXN', lines: quoteBody().lines });
    const approved = await customer.post(`/quotes/${String(sent['id'])}/approve`, {});
    expect([approved.status, await json(approved)]).toMatchObject([200, { status: 'approved' }]);
    expect(await json(await customer.get(`/tickets/${ticketId}`))).toMatchObject({ status: 'approved' });

    const total = { minor: 260_000, currency: 'MXN' };
    expect(await eventsOf(sql, 'QuoteSent', 'QuoteApproved')).toMatchObject([
      { type: 'QuoteSent', tenantId, actorUserId: owner.userId, payload: { ticketId, total } },
      { type: 'QuoteApproved', tenantId, actorUserId: customer.userId, payload: { ticketId, total } },
    ]);
    const listed = await json(await customer.get(`/tickets/${ticketId}/quotes`));
    expect(listed['quotes']).toMatchObject([{ id: sent['id'], status: 'approved', totalMinor: 260_000 }]);
  });

  test('can be sent, approved and worked on before anybody answers for the ticket', async () => {
    const { app, owner, tenantId } = await open();
    const customer = await signIn(app);
    const ticketId = await made(customer, '/tickets', ticketBody(tenantId));
    const quoteId = await made(owner, `/tickets/${ticketId}/quotes`, quoteBody());
    await made(customer, `/quotes/${quoteId}/approve`, {});
    await made(owner, `/tickets/${ticketId}/close`, { outcome: 'completed' });
    const seen = await json(await customer.get(`/tickets/${ticketId}`));
    expect(seen).toMatchObject({ status: 'closed', outcome: 'completed', assigneeUserId: null });
  });

  test('no longer counts when a later one is sent', async () => {
    const { sql, customer, send } = await open();
    const [first, second] = [await send(), await send()];
    const late = await customer.post(`/quotes/${first}/approve`, {});
    const detail = 'The quote is superseded. That allows: nothing more.';
    expect([late.status, await json(late)]).toMatchObject([409, { detail }]);
    expect((await customer.post(`/quotes/${second}/approve`, {})).status).toBe(200);
    expect(await eventsOf(sql, 'QuoteApproved')).toHaveLength(1);
  });

  test('can’t be approved when its time is over', async () => {
    const { sql, customer, send } = await open();
    const id = await send();
    await sql`update quote set valid_until = now() - interval '1 second'`;
    const late = await customer.post(`/quotes/${id}/approve`, {});
    const detail = 'The quote is expired. That allows: nothing more.';
    expect([late.status, await json(late)]).toMatchObject([409, { detail }]);
    expect(await sql`select status from ticket`).toEqual([{ status: 'quoted' }]);
  });

  test('approved eight times at once is approved once', async () => {
    const { sql, customer, send } = await open();
    const id = await send();
    const answers = await race(sql, { hold: holdTickets, racers: 8 }, () =>
      Promise.all(Array.from({ length: 8 }, () => customer.post(`/quotes/${id}/approve`, {}))),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, ...Array.from({ length: 7 }, () => 409)]);
    expect(await eventsOf(sql, 'QuoteApproved')).toHaveLength(1);
  });

  test('sent eight times at once leaves one that counts', async () => {
    const { sql, send } = await open();
    await race(sql, { hold: holdTickets, racers: 8 }, () => Promise.all(Array.from({ length: 8 }, send)));
    const statuses = await sql`select status, count(*)::integer as quotes from quote group by status order by status`;
    expect(statuses).toEqual([{ status: 'sent', quotes: 1 }, { status: 'superseded', quotes: 7 }]);
  });

  test('is nobody else’s to send, approve or see', async () => {
    const { sql, app, owner, customer, ticketId, send } = await open();
    const quoteId = await send();
    const [stranger, user] = [await verifiedTenant(app), await signIn(app)];
    const before = await sql`select * from quote`;
    const answers = [
      await stranger.owner.post(`/tickets/${ticketId}/quotes`, quoteBody()),
      await user.post(`/quotes/${quoteId}/approve`, {}),
      await user.get(`/tickets/${ticketId}/quotes`),
      await stranger.owner.get(`/tickets/${ticketId}/quotes`),
      await customer.post(`/quotes/${randomUUID()}/approve`, {}),
    ];
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404]);
    expect((await owner.post(`/quotes/${quoteId}/approve`, {})).status).toBe(403);
    expect((await customer.post(`/tickets/${ticketId}/quotes`, quoteBody())).status).toBe(403);
    expect(await sql`select * from quote`).toEqual(before);
  });

  test('asks its time within the command: repeated with its key later it gets the first answer', async () => {
    const { app, owner, ticketId, tenantId } = await open();
    const [path, key, body] = [`/tickets/${ticketId}/quotes`, randomUUID(), quoteBody()];
    const first = await owner.post(path, body, key);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.parse(inDays(8)) });
    onTestFinished(() => void vi.useRealTimers());
    const later = await signIn(app, { userId: owner.userId, roles: ['tenant'], tenantId });
    expect((await later.post(path, body)).status).toBe(422);
    const again = await later.post(path, body, key);
    expect([again.status, await again.text()]).toEqual([201, await first.text()]);
  });

  test.each([
    ['over already', inDays(-1)],
    ['three years ahead', inDays(3 * 366)],
  ])('whose time is %s is refused', async (_when, validUntil) => {
    const { sql, owner, ticketId } = await open();
    const answer = await owner.post(`/tickets/${ticketId}/quotes`, { ...quoteBody(), validUntil });
    expect([answer.status, await json(answer)]).toMatchObject([422, { errors: [{ pointer: '/validUntil' }] }]);
    expect(await sql`select from quote`).toHaveLength(0);
  });
});
