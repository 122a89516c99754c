import { ticketAssigned } from '../../events/ticket-assigned.ts';
import { ticketClosed } from '../../events/ticket-closed.ts';
import { ticketCreated } from '../../events/ticket-created.ts';
import type { NewEvent } from '../../events/contract/event.ts';
import { IllegalTransition } from '../illegal-transition.ts';
import { take, type Machine } from '../machine.ts';
import type { Tenant } from '../tenants/tenant.ts';

export type TicketStatus = 'open' | 'assigned' | 'quoted' | 'approved' | 'scheduled' | 'closed';
/** `completed` work was done, `declined` by the tenant, `cancelled` by either side. */
export type TicketOutcome = 'completed' | 'declined' | 'cancelled';
export type TicketStep = 'assign' | 'quote' | 'approve' | 'schedule' | 'unschedule' | TicketOutcome;

/**
 * A ticket's way. A visit before the customer approved a quote is to look at the work and leaves the ticket as it is;
 * `scheduled` is work that was approved and has its date. `unschedule` is the last visit's being called off.
 */
export const ticketMachine: Machine<TicketStatus, TicketStep> = Object.freeze({
  open: { assign: 'assigned', quote: 'quoted', declined: 'closed', cancelled: 'closed' },
  assigned: {
    assign: 'assigned', quote: 'quoted', schedule: 'assigned', unschedule: 'assigned',
    completed: 'closed', declined: 'closed', cancelled: 'closed',
  },
  quoted: {
    assign: 'quoted', quote: 'quoted', approve: 'approved', schedule: 'quoted', unschedule: 'quoted',
    declined: 'closed', cancelled: 'closed',
  },
  approved: {
    assign: 'approved', schedule: 'scheduled', unschedule: 'approved',
    completed: 'closed', declined: 'closed', cancelled: 'closed',
  },
  scheduled: {
    assign: 'scheduled', schedule: 'scheduled', unschedule: 'approved',
    completed: 'closed', declined: 'closed', cancelled: 'closed',
  },
  closed: {},
});

/** What a customer asks of a tenant. */
export interface Ticket {
  readonly id: string;
  readonly tenantId: string;
  readonly customerUserId: string;
  readonly subject: string;
  readonly description: string;
  readonly status: TicketStatus;
  readonly createdAt: Date;
  readonly assigneeUserId: string | null;
  readonly assignedAt: Date | null;
  readonly outcome: TicketOutcome | null;
  readonly closedAt: Date | null;
  readonly closedBy: string | null;
}

export interface TicketDecision {
  readonly ticket: Ticket;
  readonly events: readonly NewEvent[];
}

export interface NewTicket extends Pick<Ticket, 'id' | 'customerUserId' | 'subject' | 'description'> {
  readonly tenant: Pick<Tenant, 'id' | 'ownerUserId' | 'name' | 'status'>;
}

const unanswered = { assigneeUserId: null, assignedAt: null, outcome: null, closedAt: null, closedBy: null } as const;

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
  const ticket: Ticket = { ...input, ...unanswered, tenantId: tenant.id, status: 'open', createdAt: now };
  return { ticket, events: [created] };
}

/**
 * The ticket a step further.
 * @throws {IllegalTransition} when its status does not allow the step.
 */
export function advance(ticket: Ticket, step: TicketStep): Ticket {
  return { ...ticket, status: take(ticketMachine, step, { thing: 'ticket', state: ticket.status }) };
}

export interface Assignment {
  readonly assigneeUserId: string;
  readonly actorUserId: string;
  readonly tenantName: string;
}

/**
 * Somebody answers for the ticket from now on, instead of whoever did.
 * @throws {IllegalTransition} when it is the assignee's already, or closed.
 */
export function assignTicket(
  ticket: Ticket,
  { assigneeUserId, actorUserId, tenantName }: Assignment,
  now: Date,
): TicketDecision {
  const advanced = advance(ticket, 'assign');
  if (ticket.assigneeUserId === assigneeUserId) throw new IllegalTransition('The ticket is assigned to that user already.');
  const { id, tenantId, customerUserId, subject } = ticket;
  const assigned = ticketAssigned({
    tenantId,
    actorUserId,
    occurredAt: now,
    payload: { ticketId: id, customerUserId, assigneeUserId, tenantName, subject },
  });
  return { ticket: { ...advanced, assigneeUserId, assignedAt: now }, events: [assigned] };
}

/**
 * The ticket comes to its end.
 * @throws {IllegalTransition} when its status does not allow that end.
 */
export function closeTicket(
  ticket: Ticket,
  { outcome, actorUserId }: { readonly outcome: TicketOutcome; readonly actorUserId: string },
  now: Date,
): TicketDecision {
  const advanced = advance(ticket, outcome);
  const { id, tenantId, customerUserId, assigneeUserId, createdAt } = ticket;
  const closed = ticketClosed({
    tenantId,
    actorUserId,
    occurredAt: now,
    payload: { ticketId: id, customerUserId, assigneeUserId, outcome, openedAt: createdAt.toISOString() },
  });
  return { ticket: { ...advanced, outcome, closedAt: now, closedBy: actorUserId }, events: [closed] };
}
