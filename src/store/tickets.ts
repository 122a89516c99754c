import type { Ticket } from '../domain/ticket.ts';
import type { Db, Tx } from '../platform/postgres.ts';

/** Adds a new ticket. */
export async function insertTicket(tx: Tx, ticket: Ticket): Promise<void> {
  await tx`
    insert into ticket (id, tenant_id, customer_user_id, subject, description, created_at)
    values (
      ${ticket.id}, ${ticket.tenantId}, ${ticket.customerUserId}, ${ticket.subject}, ${ticket.description},
      ${ticket.createdAt}
    )
  `;
}

/** The ticket as committed. */
export async function findTicket(db: Db, id: string): Promise<Ticket | undefined> {
  const [ticket] = await db<Ticket[]>`select ${columns(db)} from ticket where id = ${id}`;
  return ticket;
}

/** The ticket, held against other changes until the transaction ends. */
export async function findTicketToChange(tx: Tx, id: string): Promise<Ticket | undefined> {
  const [ticket] = await tx<Ticket[]>`select ${columns(tx)} from ticket where id = ${id} for no key update`;
  return ticket;
}

/** Writes down who answers for a ticket. */
export async function saveAssignment(tx: Tx, { id, status, assigneeUserId, assignedAt }: Ticket): Promise<void> {
  await tx`
    update ticket
    set status = ${status}, assignee_user_id = ${assigneeUserId}, assigned_at = ${assignedAt}
    where id = ${id}
  `;
}

const columns = (db: Db) => db`
  id, tenant_id as "tenantId", customer_user_id as "customerUserId", subject, description, status,
  created_at as "createdAt", assignee_user_id as "assigneeUserId", assigned_at as "assignedAt"
`;
