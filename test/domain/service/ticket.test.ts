import { describe, expect, test } from 'vitest';
import { IllegalTransition } from '../../../src/domain/illegal-transition.ts';
import {
  advance, assignTicket, closeTicket, openTicket, type TicketStatus, type TicketStep,
} from '../../../src/domain/service/ticket.ts';
import { id, now, tenant, ticket, unverified } from '../../support/facts.ts';

const asked = { id: id(3), customerUserId: id(4), subject: 'No hay agua', description: 'Desde ayer.' };
const assignment = { assigneeUserId: id(5), actorUserId: id(2), tenantName: tenant.name };

describe('a ticket', () => {
  test('is opened at a verified tenant; its event leaves the description out', () => {
    const opened = openTicket({ ...asked, tenant }, now);
    expect(opened.ticket).toEqual({ ...ticket, status: 'open', assigneeUserId: null, assignedAt: null });
    expect(opened.events.map(({ eventType, payload }) => [eventType, payload])).toEqual([
      [
        'TicketCreated',
        {
          ticketId: asked.id, customerUserId: asked.customerUserId, tenantOwnerUserId: tenant.ownerUserId,
          tenantName: 'Taller Ruiz', subject: 'No hay agua',
        },
      ],
    ]);
  });

  test('is refused by a tenant that is not verified', () => {
    expect(() => openTicket({ ...asked, tenant: unverified }, now)).toThrow(IllegalTransition);
  });

  test('goes from one assignee to another, but not to the one who has it', () => {
    const opened = openTicket({ ...asked, tenant }, now);
    const first = assignTicket(opened.ticket, assignment, now);
    expect(first.ticket).toMatchObject({ status: 'assigned', assigneeUserId: id(5), assignedAt: now });
    expect(() => assignTicket(first.ticket, assignment, now)).toThrow(IllegalTransition);
    const second = assignTicket(first.ticket, { ...assignment, assigneeUserId: id(6) }, now);
    expect(second.events).toMatchObject([{ eventType: 'TicketAssigned', actorUserId: id(2) }]);
    expect(second.ticket.assigneeUserId).toBe(id(6));
  });

  test('keeps how far it has come when somebody else takes over', () => {
    const approved = { ...ticket, status: 'approved' } as const;
    expect(assignTicket(approved, { ...assignment, assigneeUserId: id(6) }, now).ticket.status).toBe('approved');
  });

  const steps: readonly TicketStep[] = [
    'assign', 'quote', 'approve', 'schedule', 'unschedule', 'completed', 'declined', 'cancelled',
  ];
  const ways: readonly (readonly [TicketStatus, readonly (TicketStatus | '-')[]])[] = [
    //            assign      quote     approve     schedule     unschedule  completed declined  cancelled
    ['open', ['assigned', 'quoted', '-', '-', '-', '-', 'closed', 'closed']],
    ['assigned', ['assigned', 'quoted', '-', 'assigned', 'assigned', 'closed', 'closed', 'closed']],
    ['quoted', ['quoted', 'quoted', 'approved', 'quoted', 'quoted', '-', 'closed', 'closed']],
    ['approved', ['approved', '-', '-', 'scheduled', 'approved', 'closed', 'closed', 'closed']],
    ['scheduled', ['scheduled', '-', '-', 'scheduled', 'approved', 'closed', 'closed', 'closed']],
    ['closed', ['-', '-', '-', '-', '-', '-', '-', '-']],
  ];
  test.each(ways)('that is %s takes these steps and no other', (status, expected) => {
    const taken = steps.map((step) => {
      try {
        return advance({ ...ticket, status }, step).status;
      } catch (error) {
        expect(error).toBeInstanceOf(IllegalTransition);
        return '-';
      }
    });
    expect(taken).toEqual(expected);
  });

  test('is closed with its outcome, by whom and when', () => {
    const later = new Date(now.getTime() + 60_000);
    const closed = closeTicket(ticket, { outcome: 'completed', actorUserId: id(2) }, later);
    expect(closed.ticket).toEqual({
      ...ticket, status: 'closed', outcome: 'completed', closedAt: later, closedBy: id(2),
    });
    expect(closed.events).toMatchObject([
      {
        eventType: 'TicketClosed', actorUserId: id(2), occurredAt: later,
        payload: { outcome: 'completed', openedAt: now.toISOString(), assigneeUserId: id(5) },
      },
    ]);
  });
});
