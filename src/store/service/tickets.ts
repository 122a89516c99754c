import type { OwnContact } from '../../domain/tenants/contact.ts';
import type { NewTicket, Ticket } from '../../domain/service/ticket.ts';
import type { Db, Tx } from '../../platform/postgres.ts';
import { selectOwnContact } from '../tenants/contacts.ts';

/** Makes the statement that adds a new ticket. */
export const insertTicket = (db: Db, ticket: Ticket) => db`
  insert into ticket (id, tenant_id, customer_user_id, subject, description, created_at)
  values (
    ${ticket.id}, ${ticket.tenantId}, ${ticket.customerUserId}, ${ticket.subject}, ${ticket.description},
    ${ticket.createdAt}
  )
`;

/** Facts that the opening of a ticket depends on. */
export interface Opening {
  readonly tenant: NewTicket['tenant'] | null;
  /** True when the customer works for the tenant. */
  readonly isMember: boolean;
  /** The customer's contact so far. */
  readonly contact: OwnContact | null;
}

/** Reads what the opening of a ticket depends on. One statement, because each of several would cost a round trip. */
export async function readOpening(db: Db, tenantId: string, userId: string): Promise<Opening> {
  const [opening] = await db<[Opening]>`
    select (
             select json_build_object('id', id, 'ownerUserId', owner_user_id, 'name', name, 'status', status)
             from tenant where id = ${tenantId}
           ) as tenant,
           exists (
             select from tenant_member where tenant_id = ${tenantId} and user_id = ${userId} and removed_at is null
           ) as "isMember",
           (select to_json(own) from (${selectOwnContact(db, userId)}) as own) as contact
  `;
  return opening;
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

/** The ticket of a quote, held against other changes until the transaction ends, and its quotes too. */
export async function findTicketOfQuote(tx: Tx, quoteId: string): Promise<Ticket | undefined> {
  const [ticket] = await tx<Ticket[]>`
    select ${columns(tx)} from ticket where id = (select ticket_id from quote where id = ${quoteId}) for no key update
  `;
  return ticket;
}

/** The ticket of an appointment, held against other changes until the transaction ends, and its appointments too. */
export async function findTicketOfAppointment(tx: Tx, appointmentId: string): Promise<Ticket | undefined> {
  const [ticket] = await tx<Ticket[]>`
    select ${columns(tx)}
    from ticket
    where id = (select ticket_id from appointment where id = ${appointmentId})
    for no key update
  `;
  return ticket;
}

/** Writes down how far a ticket has come. */
export async function saveTicket(tx: Tx, ticket: Ticket): Promise<void> {
  const { id, status, assigneeUserId, assignedAt, outcome, closedAt, closedBy } = ticket;
  await tx`
    update ticket
    set status = ${status}, assignee_user_id = ${assigneeUserId}, assigned_at = ${assignedAt},
        outcome = ${outcome}, closed_at = ${closedAt}, closed_by = ${closedBy}
    where id = ${id}
  `;
}

const columns = (db: Db) => db`
  id, tenant_id as "tenantId", customer_user_id as "customerUserId", subject, description, status,
  created_at as "createdAt", assignee_user_id as "assigneeUserId", assigned_at as "assignedAt", outcome,
  closed_at as "closedAt", closed_by as "closedBy"
`;
