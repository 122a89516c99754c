import type { Ticket } from '../domain/ticket.ts';
import type { Tx } from '../platform/postgres.ts';
import { lockVisitTime } from '../store/appointments.ts';
import { Problem } from './problem.ts';

interface Visit {
  readonly appointmentId: string;
  readonly startsAt: Date;
  /** Whether the caller knows of the other visit. */
  readonly allowOverlap: boolean;
}

/**
 * Refuses a time at which the ticket's assignee has another visit, unless the caller confirms it. The transaction holds
 * the assignee's times until it ends.
 * @throws {Problem} 409
 */
export async function assertFree(
  tx: Tx, { tenantId, assigneeUserId }: Pick<Ticket, 'tenantId' | 'assigneeUserId'>, { appointmentId, startsAt, allowOverlap }: Visit,
): Promise<void> {
  if (assigneeUserId === null) return;
  const { isTaken } = await lockVisitTime(tx, { tenantId, assigneeUserId, startsAt }, appointmentId);
  if (!isTaken || allowOverlap) return;
  throw new Problem(409, 'The assignee has another visit at that time. Choose another time, or send allowOverlap: true.');
}
