import type { NewEvent } from '../kernel/event.ts';
import { ticketAssigned } from '../events/ticket-assigned.ts';
import { ticketCreated } from '../events/ticket-created.ts';
import { IllegalTransition } from './illegal-transition.ts';
import type { Tenant } from './tenant.ts';

/** What a customer asks of a tenant. */
export interface Ticket {
  readonly id: string;
  readonly tenantId: string;
  readonly customerUserId: string;
  readonly subject: string;
  readonly description: string;
  readonly status: 'open' | 'assigned';
  readonly createdAt: Date;
  readonly assigneeUserId: string | null;
  readonly assignedAt: Date | null;
}

export interface TicketDecision {
  readonly ticket: Ticket;
  readonly events: readonly NewEvent[];
}

export interface NewTicket extends Pick<Ticket, 'id' | 'customerUserId' | 'subject' | 'description'> {
  readonly tenant: Tenant;
}

/**
 * A customer asks a tenant for a service.
 * @throws {IllegalTransition} when the tenant is not verified.
 */
export function openTicket({ tenant, ...input }: NewTicket, now: Date): TicketDecision {
  if (tenant.status !== 'verified') throw new IllegalTransition('The tenant is not verified yet.');
  const { id, customerUserId, subject } = input;
  const created = ticketCreated({
    tenantId: tenant.id,
    actorUserId: customerUserId,
    occurredAt: now,
    payload: { ticketId: id, customerUserId, tenantOwnerUserId: tenant.ownerUserId, tenantName: tenant.name, subject },
  });
  return {
    ticket: { ...input, tenantId: tenant.id, status: 'open', createdAt: now, assigneeUserId: null, assignedAt: null },
    events: [created],
  };
}

export interface Assignment {
  readonly assigneeUserId: string;
  readonly actorUserId: string;
  readonly tenantName: string;
}

/**
 * Somebody answers for the ticket from now on, instead of whoever did.
 * @throws {IllegalTransition} when it is the assignee's already.
 */
export function assignTicket(
  ticket: Ticket,
  { assigneeUserId, actorUserId, tenantName }: Assignment,
  now: Date,
): TicketDecision {
  if (ticket.assigneeUserId === assigneeUserId) throw new IllegalTransition('The ticket is that user’s already.');
  const { id, tenantId, customerUserId, subject } = ticket;
  const assigned = ticketAssigned({
    tenantId,
    actorUserId,
    occurredAt: now,
    payload: { ticketId: id, customerUserId, assigneeUserId, tenantName, subject },
  });
  return { ticket: { ...ticket, status: 'assigned', assigneeUserId, assignedAt: now }, events: [assigned] };
}
