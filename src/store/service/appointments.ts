import type { Appointment } from '../../domain/service/appointment.ts';
import type { Db, Tx } from '../../platform/postgres.ts';

/** Adds a new appointment. */
export async function insertAppointment(tx: Tx, appointment: Appointment): Promise<void> {
  await tx`
    insert into appointment (id, ticket_id, starts_at, status, scheduled_at, allows_overlap)
    values (
      ${appointment.id}, ${appointment.ticketId}, ${appointment.startsAt}, ${appointment.status},
      ${appointment.scheduledAt}, ${appointment.allowsOverlap}
    )
  `;
}

/** The appointment; under its ticket's lock it does not change. */
export async function findAppointment(db: Db, id: string): Promise<Appointment | undefined> {
  const [appointment] = await db<Appointment[]>`select ${columns(db)} from appointment where id = ${id}`;
  return appointment;
}

/** A ticket's appointments, the latest made first; a hundred at most. */
export async function listAppointments(db: Db, ticketId: string): Promise<Appointment[]> {
  return db<Appointment[]>`
    select ${columns(db)} from appointment where ticket_id = ${ticketId} order by id desc limit 100
  `;
}

/** A ticket's appointments that still stand and are yet to come. */
export async function readAhead(tx: Tx, ticketId: string, now: Date): Promise<Appointment[]> {
  return tx<Appointment[]>`
    select ${columns(tx)}
    from appointment
    where ticket_id = ${ticketId} and status = 'scheduled' and starts_at > ${now}
    order by id
  `;
}

/** Whether another appointment of the same ticket still stands. */
export async function hasOther(tx: Tx, { id, ticketId }: Appointment): Promise<boolean> {
  const rows = await tx`
    select from appointment where ticket_id = ${ticketId} and status = 'scheduled' and id <> ${id} limit 1
  `;
  return rows.length === 1;
}

/** An assignee's time at a tenant: a visit is at an instant to the minute. */
export interface VisitTime {
  readonly tenantId: string;
  readonly assigneeUserId: string;
  readonly startsAt: Date;
}

const MINUTE_MS = 60_000;

/**
 * Returns whether an assignee has another visit in the same minute. Another transaction that asks of the assignee waits
 * until this one ends, so that two visits at one time cannot pass each other.
 */
export async function lockVisitTime(
  tx: Tx, { tenantId, assigneeUserId, startsAt }: VisitTime, appointmentId: string,
): Promise<{ readonly isTaken: boolean }> {
  await tx`select pg_advisory_xact_lock(hashtextextended(${JSON.stringify(['visits', assigneeUserId])}, 0))`;
  const minute = new Date(Math.floor(startsAt.getTime() / MINUTE_MS) * MINUTE_MS);
  const rows = await tx`
    select from appointment visit
    join ticket on ticket.id = visit.ticket_id
    where visit.status = 'scheduled' and visit.id <> ${appointmentId}
      and visit.starts_at >= ${minute} and visit.starts_at < ${new Date(minute.getTime() + MINUTE_MS)}
      and ticket.tenant_id = ${tenantId} and ticket.assignee_user_id = ${assigneeUserId} and ticket.status <> 'closed'
    limit 1
  `;
  return { isTaken: rows.length > 0 };
}

/** Writes down an appointment's new time, or that it will not take place. */
export async function saveAppointment(tx: Tx, appointment: Appointment): Promise<void> {
  const { id, startsAt, status, reason, movedAt, allowsOverlap, cancelledAt } = appointment;
  await tx`
    update appointment
    set starts_at = ${startsAt}, status = ${status}, reason = ${reason}, moved_at = ${movedAt},
        allows_overlap = ${allowsOverlap}, cancelled_at = ${cancelledAt}
    where id = ${id}
  `;
}

const columns = (db: Db) => db`
  id, ticket_id as "ticketId", starts_at as "startsAt", status, reason, scheduled_at as "scheduledAt",
  moved_at as "movedAt", allows_overlap as "allowsOverlap", cancelled_at as "cancelledAt"
`;
