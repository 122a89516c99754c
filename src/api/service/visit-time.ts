import type { Ticket } from '../../domain/service/ticket.ts';
import type { Tx } from '../../platform/postgres.ts';
import { lockVisitTime, readAhead, saveAppointment } from '../../store/service/appointments.ts';
import { Problem } from '../http/problem.ts';

interface Visit {
  readonly appointmentId: string;
  readonly startsAt: Date;
  /** True when the caller knows of the other visit. */
  readonly allowOverlap: boolean;
}

type Assigned = Pick<Ticket, 'tenantId' | 'assigneeUserId'>;

/**
 * Refuses a time at which the ticket's assignee has another visit, unless the caller confirms it; returns whether there is
 * one. The transaction holds the assignee's times until it ends.
 * @throws {Problem} 409
 */
export async function assertFree(
  tx: Tx, { tenantId, assigneeUserId }: Assigned, { appointmentId, startsAt, allowOverlap }: Visit,
): Promise<{ readonly overlaps: boolean }> {
  if (assigneeUserId === null) return { overlaps: false };
  const { isTaken } = await lockVisitTime(tx, { tenantId, assigneeUserId, startsAt }, appointmentId);
  if (!isTaken || allowOverlap) return { overlaps: isTaken };
  const detail =
    'The assignee has another visit at that time. Choose another time or assignee, or send allowOverlap: true.';
  throw new Problem(409, detail, { code: 'time-conflict' });
}

/**
 * Hands a ticket's visits to come to its new assignee, under the same rule. It is asked before the ticket is saved.
 * @throws {Problem} 409
 */
export async function handOverVisits(
  tx: Tx, { id, ...ticket }: Assigned & Pick<Ticket, 'id'>, { now, allowOverlap }: Pick<Visit, 'allowOverlap'> & { readonly now: Date },
): Promise<void> {
  for (const visit of await readAhead(tx, id, now)) {
    const { overlaps } = await assertFree(tx, ticket, { appointmentId: visit.id, startsAt: visit.startsAt, allowOverlap });
    if (overlaps) await saveAppointment(tx, { ...visit, allowsOverlap: true });
  }
}
