import { describe, expect, test } from 'vitest';
import { createApp } from '../../../src/api/app.ts';
import { appDeps, json, signIn, verifiedTenant } from '../../support/app.ts';
import { createDatabase } from '../../support/database.ts';
import { eventsOf } from '../../support/events.ts';
import { approvedTicket, inDays, made } from '../../support/service.ts';

async function open() {
  const { sql } = await createDatabase();
  const app = createApp(appDeps(sql));
  const ticket = await approvedTicket(app);
  const statusOf = async () => (await json(await ticket.customer.get(`/tickets/${ticket.ticketId}`)))['status'];
  return { sql, app, ...ticket, statusOf, path: `/tickets/${ticket.ticketId}/appointments` };
}

const reason = 'Llueve.';

describe('an appointment', () => {
  test('is made, moved and called off by either side, each with its event', async () => {
    const { sql, owner, customer, tenantId, ticketId, statusOf, path } = await open();
    const [first, second] = [inDays(2), inDays(3)];
    const id = await made(owner, path, { startsAt: first });
    expect(await statusOf()).toBe('scheduled');
    await made(customer, `/appointments/${id}/move`, { startsAt: second });
    await made(customer, `/appointments/${id}/move`, { startsAt: second });
    await made(customer, `/appointments/${id}/cancel`, { reason });
    expect(await statusOf()).toBe('approved');

    const told = await eventsOf(sql, 'AppointmentScheduled', 'AppointmentCancelled');
    const at = { appointmentId: id, ticketId, customerUserId: customer.userId };
    expect(told).toMatchObject([
      { tenantId, actorUserId: owner.userId, payload: { ...at, startsAt: first, previousStartsAt: null } },
      { tenantId, actorUserId: customer.userId, payload: { ...at, startsAt: second, previousStartsAt: first } },
      { tenantId, actorUserId: customer.userId, payload: { ...at, reason } },
    ]);
    const listed = await json(await owner.get(path));
    expect(listed['appointments']).toMatchObject([{ id, status: 'cancelled', startsAt: second, reason }]);
  });

  test('called off beside another one leaves the ticket scheduled', async () => {
    const { owner, statusOf, path } = await open();
    const ids = [await made(owner, path, { startsAt: inDays(2) }), await made(owner, path, { startsAt: inDays(9) })];
    await made(owner, `/appointments/${ids[0]}/cancel`, { reason });
    expect(await statusOf()).toBe('scheduled');
    await made(owner, `/appointments/${ids[1]}/cancel`, { reason });
    expect(await statusOf()).toBe('approved');
  });

  test('that was called off can’t be moved, nor called off again', async () => {
    const { owner, path } = await open();
    const id = await made(owner, path, { startsAt: inDays(2) });
    await made(owner, `/appointments/${id}/cancel`, { reason });
    for (const [step, body] of [['move', { startsAt: inDays(4) }], ['cancel', { reason }]] as const) {
      const answer = await owner.post(`/appointments/${id}/${step}`, body);
      expect([answer.status, await json(answer)]).toMatchObject([
        409, { detail: 'The appointment is cancelled. That allows: nothing more.' },
      ]);
    }
  });

  test('is nobody else’s', async () => {
    const { sql, app, owner, path } = await open();
    const id = await made(owner, path, { startsAt: inDays(2) });
    const before = await sql`select * from appointment`;
    for (const client of [(await verifiedTenant(app)).owner, await signIn(app)]) {
      const answers = [
        await client.post(path, { startsAt: inDays(2) }),
        await client.post(`/appointments/${id}/move`, { startsAt: inDays(3) }),
        await client.post(`/appointments/${id}/cancel`, { reason }),
        await client.get(path),
      ];
      expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404]);
    }
    expect(await sql`select * from appointment`).toEqual(before);
  });

  test.each([inDays(-1), inDays(3 * 366)])('at %s is refused', async (startsAt) => {
    const { sql, owner, path } = await open();
    const answer = await owner.post(path, { startsAt });
    expect([answer.status, await json(answer)]).toMatchObject([422, { errors: [{ pointer: '/startsAt' }] }]);
    expect(await sql`select from appointment`).toHaveLength(0);
  });
});
