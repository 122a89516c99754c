import { describe, expect, test } from 'vitest';
import { cancelAppointment, moveAppointment, scheduleAppointment } from '../../../src/domain/service/appointment.ts';
import type { TicketStatus } from '../../../src/domain/service/ticket.ts';
import { id, now, tenant, ticket } from '../../support/facts.ts';

const startsAt = new Date('2026-03-05T16:00:00Z');
const later = new Date('2026-03-06T16:00:00Z');
const visiting = (status: TicketStatus) => ({ ticket: { ...ticket, status }, tenant, actorUserId: id(2), allowsOverlap: false });
const scheduled = (status: TicketStatus = 'approved') =>
  scheduleAppointment({ id: id(7), startsAt, allowsOverlap: false }, visiting(status), now);

describe('an appointment', () => {
  test.each([
    ['assigned', 'assigned'],
    ['quoted', 'quoted'],
    ['approved', 'scheduled'],
    ['scheduled', 'scheduled'],
  ] as const)('of a ticket that is %s makes it %s', (before, after) => {
    expect(scheduled(before).ticket.status).toBe(after);
  });

  test.each(['open', 'closed'] as const)('can’t be made for a ticket that is %s', (status) => {
    expect(() => scheduled(status)).toThrow(`The ticket is ${status}.`);
  });

  test('is told of with its time, and with the one before when it moves', () => {
    const made = scheduled();
    const moved = moveAppointment(made.appointment, { ...visiting('scheduled'), startsAt: later }, now);
    const times = [...made.events, ...moved.events].map(({ payload }) => payload);
    expect(times).toMatchObject([
      { startsAt: startsAt.toISOString(), previousStartsAt: null, tenantName: tenant.name },
      { startsAt: later.toISOString(), previousStartsAt: startsAt.toISOString() },
    ]);
    expect(moved.appointment).toMatchObject({ startsAt: later, movedAt: now });
    expect(made.appointment.movedAt).toBeNull();
  });

  test('that moves to where it is stays, and nothing is told', () => {
    const { appointment } = scheduled();
    const moved = moveAppointment(appointment, { ...visiting('scheduled'), startsAt: new Date(startsAt) }, now);
    expect([moved.appointment, moved.events]).toEqual([appointment, []]);
  });

  test.each([
    [true, 'approved'],
    [false, 'scheduled'],
  ])('called off (as the last: %s) leaves the ticket %s', (isLast, after) => {
    const { appointment } = scheduled();
    const change = { ...visiting('scheduled'), reason: 'Llueve.', isLast };
    const cancelled = cancelAppointment(appointment, change, now);
    expect(cancelled.ticket.status).toBe(after);
    expect(cancelled.appointment).toMatchObject({ status: 'cancelled', reason: 'Llueve.', cancelledAt: now });
    expect(cancelled.events).toMatchObject([{ eventType: 'AppointmentCancelled', payload: { reason: 'Llueve.' } }]);
    expect(() => cancelAppointment(cancelled.appointment, change, now)).toThrow('The appointment is cancelled.');
    const to = { ...visiting('scheduled'), startsAt: later };
    expect(() => moveAppointment(cancelled.appointment, to, now)).toThrow('The appointment is cancelled.');
  });
});
