import { describe, expect, test } from 'vitest';
import { createApp } from '../../../src/api/app.ts';
import { appDeps, contact, json, signIn, verifiedTenant } from '../../support/app.ts';
import { createDatabase } from '../../support/database.ts';
import { eventsOf } from '../../support/events.ts';
import { approvedTicket, assignedTicket, inDays, made, quoteBody } from '../../support/service.ts';

async function open() {
  const { sql } = await createDatabase();
  return { sql, app: createApp(appDeps(sql)) };
}

describe('closing a ticket', () => {
  test('ends it with its outcome, and calls off its visits to come', async () => {
    const { sql, app } = await open();
    const { tenantId, owner, customer, ticketId } = await approvedTicket(app);
    const path = `/tickets/${ticketId}/appointments`;
    const past = await made(owner, path, { startsAt: inDays(1) });
    const ahead = await made(owner, path, { startsAt: inDays(2) });
    await sql`update appointment set starts_at = now() - interval '1 hour' where id = ${past}`;
    const closed = await json(await owner.post(`/tickets/${ticketId}/close`, { outcome: 'completed' }));
    expect(closed).toMatchObject({ status: 'closed', outcome: 'completed', closedBy: owner.userId });

    const { createdAt: openedAt } = await json(await customer.get(`/tickets/${ticketId}`));
    const users = { customerUserId: customer.userId, assigneeUserId: owner.userId };
    const payload = { ticketId, ...users, outcome: 'completed', openedAt };
    expect(await eventsOf(sql, 'TicketClosed')).toEqual([
      { type: 'TicketClosed', tenantId, actorUserId: owner.userId, payload },
    ]);
    const cancelled = await eventsOf(sql, 'AppointmentCancelled');
    expect(cancelled.map((event) => event.payload['appointmentId'])).toEqual([ahead]);
    expect(await sql`select id from appointment where status = 'scheduled'`).toEqual([{ id: past }]);
  });

  test('is for its customer to cancel, and for nothing else', async () => {
    const { sql, app } = await open();
    const { customer, ticketId } = await assignedTicket(app);
    for (const outcome of ['completed', 'declined']) {
      expect((await customer.post(`/tickets/${ticketId}/close`, { outcome })).status).toBe(403);
    }
    expect((await customer.post(`/tickets/${ticketId}/close`, { outcome: 'cancelled' })).status).toBe(200);
    expect(await eventsOf(sql, 'TicketClosed')).toMatchObject([{ payload: { outcome: 'cancelled' } }]);
  });

  test('is not for anybody else', async () => {
    const { sql, app } = await open();
    const { ticketId } = await assignedTicket(app);
    const body = { outcome: 'cancelled' };
    const others = [(await verifiedTenant(app)).owner, await signIn(app)];
    for (const client of others) expect((await client.post(`/tickets/${ticketId}/close`, body)).status).toBe(404);
    expect(await sql`select status, closed_at from ticket`).toEqual([{ status: 'assigned', closed_at: null }]);
  });

  test('leaves nothing that can be done to it, and says so', async () => {
    const { sql, app } = await open();
    const { owner, customer, ticketId } = await assignedTicket(app);
    await made(owner, `/tickets/${ticketId}/close`, { outcome: 'declined' });
    const before = await sql`select count(*) from outbox_event`;
    const answers = [
      await owner.post(`/tickets/${ticketId}/close`, { outcome: 'completed' }),
      await owner.post(`/tickets/${ticketId}/assign`, { assigneeUserId: customer.userId, contact }),
      await owner.post(`/tickets/${ticketId}/quotes`, quoteBody()),
      await owner.post(`/tickets/${ticketId}/appointments`, { startsAt: inDays(1) }),
    ];
    const problems = await Promise.all(answers.map(json));
    const detail = 'The ticket is closed. That allows: nothing more.';
    expect(problems).toMatchObject(answers.map(() => ({ status: 409, detail })));
    expect(await sql`select count(*) from outbox_event`).toEqual(before);
  });

  test('as completed needs the customer’s answer to a quote that awaits it, and says what is allowed', async () => {
    const { app } = await open();
    const { owner, ticketId } = await assignedTicket(app);
    await made(owner, `/tickets/${ticketId}/quotes`, quoteBody());
    const answer = await owner.post(`/tickets/${ticketId}/close`, { outcome: 'completed' });
    const allowed = 'assign, quote, approve, schedule, unschedule, declined, cancelled';
    const detail = `The ticket is quoted. That allows: ${allowed}.`;
    expect([answer.status, await json(answer)]).toMatchObject([409, { detail }]);
  });
});
