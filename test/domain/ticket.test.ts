import { describe, expect, test } from 'vitest';
import { IllegalTransition } from '../../src/domain/illegal-transition.ts';
import type { Tenant } from '../../src/domain/tenant.ts';
import { assignTicket, openTicket } from '../../src/domain/ticket.ts';

const now = new Date('2026-03-01T12:00:00Z');
const user = (last: string) => `0195f3c0-0000-7000-8000-00000000000${last}`;
const tenant: Tenant = {
  id: user('1'), ownerUserId: user('2'), name: 'Taller Ruiz',
  country: 'MX', currency: 'MXN', timeZone: 'America/Mexico_City',
  status: 'verified', createdAt: now,
  verification: { evidence: { kind: 'tax-certificate', reference: 'doc-1' }, operatorUserId: user('9'), at: now },
};
const asked = { id: user('3'), customerUserId: user('4'), subject: 'No hay agua', description: 'Desde ayer.' };
const assignment = { assigneeUserId: user('5'), actorUserId: user('2'), tenantName: tenant.name };

describe('a ticket', () => {
  test('is opened at a verified tenant; its event leaves the description out', () => {
    const { ticket, events } = openTicket({ ...asked, tenant }, now);
    expect(ticket).toEqual({
      ...asked, tenantId: tenant.id, status: 'open', createdAt: now, assigneeUserId: null, assignedAt: null,
    });
    expect(events.map(({ eventType, payload }) => [eventType, payload])).toEqual([
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
    const unverified: Tenant = { ...tenant, status: 'unverified', verification: null };
    expect(() => openTicket({ ...asked, tenant: unverified }, now)).toThrow(IllegalTransition);
  });

  test('goes from one assignee to another, but not to the one who has it', () => {
    const { ticket } = openTicket({ ...asked, tenant }, now);
    const first = assignTicket(ticket, assignment, now);
    expect(first.ticket).toMatchObject({ status: 'assigned', assigneeUserId: user('5'), assignedAt: now });
    expect(() => assignTicket(first.ticket, assignment, now)).toThrow(IllegalTransition);
    const second = assignTicket(first.ticket, { ...assignment, assigneeUserId: user('6') }, now);
    expect(second.events).toMatchObject([{ eventType: 'TicketAssigned', actorUserId: user('2') }]);
    expect(second.ticket.assigneeUserId).toBe(user('6'));
  });
});
