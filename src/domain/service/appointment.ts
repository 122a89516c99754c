import { appointmentCancelled } from '../../events/appointment-cancelled.ts';
import { appointmentScheduled } from '../../events/appointment-scheduled.ts';
import type { NewEvent } from '../../events/contract/event.ts';
import { take, type Machine } from '../machine.ts';
import type { Tenant } from '../tenants/tenant.ts';
import { advance, type Ticket, type TicketDecision } from './ticket.ts';

/** A visit that was agreed upon. */
export interface Appointment {
  readonly id: string;
  readonly ticketId: string;
  readonly startsAt: Date;
  readonly status: AppointmentStatus;
  /** Why it was cancelled. */
  readonly reason: string | null;
  readonly scheduledAt: Date;
  /** When its time was last changed. */
  readonly movedAt: Date | null;
  /** True when somebody confirmed that the assignee has another visit at that time. */
  readonly allowsOverlap: boolean;
  readonly cancelledAt: Date | null;
}

export type AppointmentStatus = 'scheduled' | 'cancelled';

/** An appointment's way. */
export const appointmentMachine: Machine<AppointmentStatus, 'move' | 'cancel'> = Object.freeze({
  scheduled: { move: 'scheduled', cancel: 'cancelled' },
  cancelled: {},
});

/** The reason of a visit that is called off because its ticket ends. */
export const TICKET_CLOSED = 'The ticket was closed.';

export interface AppointmentDecision extends TicketDecision {
  readonly appointment: Appointment;
}

/** Whose visit it is, and who changes it. */
export interface Visiting {
  readonly ticket: Ticket;
  readonly tenant: Tenant;
  readonly actorUserId: string;
}

/**
 * A visit is agreed upon.
 * @throws {IllegalTransition} when the ticket's status does not allow it.
 */
export function scheduleAppointment(
  { id, startsAt, allowsOverlap }: Pick<Appointment, 'id' | 'startsAt' | 'allowsOverlap'>,
  visiting: Visiting,
  now: Date,
): AppointmentDecision {
  const ticket = advance(visiting.ticket, 'schedule');
  const appointment: Appointment = {
    id, ticketId: ticket.id, startsAt, status: 'scheduled', reason: null, scheduledAt: now, movedAt: null, allowsOverlap,
    cancelledAt: null,
  };
  return { appointment, ticket, events: [scheduled(appointment, { visiting, previous: null, now })] };
}

/**
 * The visit is at another time; at the same time nothing happens.
 * @throws {IllegalTransition} when it was cancelled, or the ticket is closed.
 */
export function moveAppointment(
  appointment: Appointment,
  { startsAt, allowsOverlap, ...visiting }: Visiting & Pick<Appointment, 'startsAt' | 'allowsOverlap'>,
  now: Date,
): AppointmentDecision {
  const status = take(appointmentMachine, 'move', { thing: 'appointment', state: appointment.status });
  const ticket = advance(visiting.ticket, 'schedule');
  const moved: Appointment = { ...appointment, startsAt, status, movedAt: now, allowsOverlap };
  if (startsAt.getTime() === appointment.startsAt.getTime()) return { appointment, ticket, events: [] };
  return { appointment: moved, ticket, events: [scheduled(moved, { visiting, previous: appointment.startsAt, now })] };
}

/**
 * The visit will not take place; without another one (`isLast`) the ticket is no longer scheduled.
 * @throws {IllegalTransition} when it was cancelled already, or the ticket is closed.
 */
export function cancelAppointment(
  appointment: Appointment,
  change: Visiting & { readonly reason: string; readonly isLast: boolean },
  now: Date,
): AppointmentDecision {
  const { isLast, ...rest } = change;
  const ticket = advance(change.ticket, isLast ? 'unschedule' : 'schedule');
  const cancelled = callOff(appointment, rest, now);
  return { ...cancelled, ticket };
}

/**
 * The visit will not take place; its ticket is not asked.
 * @throws {IllegalTransition} when it was cancelled already.
 */
export function callOff(
  appointment: Appointment,
  { reason, ...visiting }: Visiting & { readonly reason: string },
  now: Date,
): Omit<AppointmentDecision, 'ticket'> {
  const status = take(appointmentMachine, 'cancel', { thing: 'appointment', state: appointment.status });
  const cancelled = appointmentCancelled({
    tenantId: visiting.ticket.tenantId,
    actorUserId: visiting.actorUserId,
    occurredAt: now,
    payload: { ...factsOf(appointment, visiting), reason },
  });
  return { appointment: { ...appointment, status, reason, cancelledAt: now }, events: [cancelled] };
}

interface Scheduled {
  readonly visiting: Visiting;
  readonly previous: Date | null;
  readonly now: Date;
}

function scheduled(appointment: Appointment, { visiting, previous, now }: Scheduled): NewEvent {
  return appointmentScheduled({
    tenantId: visiting.ticket.tenantId,
    actorUserId: visiting.actorUserId,
    occurredAt: now,
    payload: { ...factsOf(appointment, visiting), previousStartsAt: previous?.toISOString() ?? null },
  });
}

/** Returns what each event of a visit says of it and of the people it concerns. */
const factsOf = ({ id, startsAt }: Appointment, { ticket, tenant }: Visiting) => ({
  appointmentId: id,
  ticketId: ticket.id,
  customerUserId: ticket.customerUserId,
  tenantOwnerUserId: tenant.ownerUserId,
  assigneeUserId: ticket.assigneeUserId ?? undefined,
  tenantName: tenant.name,
  subject: ticket.subject,
  startsAt: startsAt.toISOString(),
});
