import type { Tenant } from '../../src/domain/tenants/tenant.ts';
import type { Ticket } from '../../src/domain/service/ticket.ts';

/** Ids and things for tests of the rules, which need no database. */
export const id = (last: number) => `0195f3c0-0000-7000-8000-${String(last).padStart(12, '0')}`;

export const now = new Date('2026-03-01T12:00:00Z');

export const tenant: Tenant = {
  id: id(1), ownerUserId: id(2), name: 'Taller Ruiz', country: 'MX', currency: 'MXN', timeZone: 'America/Mexico_City',
  status: 'verified', createdAt: now,
  verification: { evidence: { kind: 'tax-certificate', reference: 'doc-1' }, operatorUserId: id(9), at: now },
};

export const unverified: Tenant = { ...tenant, status: 'unverified', verification: null };

/** A ticket of customer 4 at the tenant, answered for by 5. */
export const ticket: Ticket = {
  id: id(3), tenantId: tenant.id, customerUserId: id(4), subject: 'No hay agua', description: 'Desde ayer.',
  status: 'assigned', createdAt: now, assigneeUserId: id(5), assignedAt: now,
  outcome: null, closedAt: null, closedBy: null,
};
