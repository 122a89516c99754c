import { z } from '@hono/zod-openapi';
import { v7 as uuidv7 } from 'uuid';
import { callOff } from '../domain/appointment.ts';
import { assignTicket, closeTicket, openTicket } from '../domain/ticket.ts';
import { readAhead, saveAppointment } from '../store/appointments.ts';
import { saveContactIfUnknown, saveOwnContact } from '../store/contacts.ts';
import { recordOperatorAction } from '../store/operator-actions.ts';
import { findTenant } from '../store/tenants.ts';
import { findTicket, findTicketToChange, insertTicket, saveTicket } from '../store/tickets.ts';
import { actsFor, isParty, maySee } from './access.ts';
import type { Caller } from './auth.ts';
import { command } from './command.ts';
import type { Api, ApiDeps } from './context.ts';
import { create } from './create.ts';
import { contact, line, text, uuid } from './fields.ts';
import { notFound, Problem, unprocessable } from './problem.ts';
import { none, readRoute, writeRoute } from './route.ts';

const outcome = z.enum(['completed', 'declined', 'cancelled']);

const ticketView = z
  .object({
    id: uuid,
    tenantId: uuid,
    customerUserId: uuid,
    subject: z.string(),
    description: z.string(),
    status: z.enum(['open', 'assigned', 'quoted', 'approved', 'scheduled', 'closed']),
    createdAt: z.iso.datetime(),
    assigneeUserId: uuid.nullable(),
    assignedAt: z.iso.datetime().nullable(),
    outcome: outcome.nullable(),
    closedAt: z.iso.datetime().nullable(),
    closedBy: uuid.nullable(),
  })
  .openapi('Ticket');

const createTicket = writeRoute({
  path: '/tickets',
  summary: 'Ask a verified tenant for a service',
  params: none,
  body: z.strictObject({ tenantId: uuid, subject: line(200), description: text(10_000), contact }),
  status: 201,
  answer: ticketView,
});

const assign = writeRoute({
  path: '/tickets/{id}/assign',
  summary: 'Say who answers for a ticket; the assignee’s contact counts only where none is known',
  params: z.object({ id: uuid }),
  body: z.strictObject({ assigneeUserId: uuid, contact }),
  status: 200,
  answer: ticketView,
});

const close = writeRoute({
  path: '/tickets/{id}/close',
  summary: 'Bring a ticket to its end, and call off its visits to come; its customer may only cancel it',
  params: z.object({ id: uuid }),
  body: z.strictObject({ outcome }),
  status: 200,
  answer: ticketView,
});

const showTicket = readRoute({
  path: '/tickets/{id}',
  summary: 'A ticket, for its customer, its tenant and the backoffice',
  params: z.object({ id: uuid }),
  query: none,
  answer: ticketView,
});

/** The tickets' paths. */
export function ticketRoutes(api: Api, deps: ApiDeps): void {
  api.openapi(createTicket, (c) => {
    const { tenantId, contact: customerContact, ...input } = c.req.valid('json');
    return create(c, deps, {
      read: (db) => findTenant(db, tenantId),
      decide({ db, caller, now }, tenant) {
        if (caller.tenantId !== undefined && caller.tenantId !== tenantId) {
          throw new Problem(403, 'A token that acts for one tenant can’t ask another.');
        }
        if (tenant === undefined) throw unprocessable('/tenantId', 'is no tenant’s');
        const { ticket, events } = openTicket({ ...input, id: uuidv7(), customerUserId: caller.userId, tenant }, now);
        const statements = [insertTicket(db, ticket), saveOwnContact(db, caller.userId, customerContact)];
        return { status: 201, body: ticket, events, statements };
      },
    });
  });

  api.openapi(assign, (c) => {
    const { id } = c.req.valid('param');
    const { assigneeUserId, contact: assigneeContact } = c.req.valid('json');
    return command(c, deps, async ({ tx, caller, now, traceId, emit }) => {
      const unassigned = await findTicketToChange(tx, id);
      if (unassigned === undefined || !mayAssign(caller, unassigned.tenantId)) throw notFound();
      const tenant = await findTenant(tx, unassigned.tenantId);
      const assignment = { assigneeUserId, actorUserId: caller.userId, tenantName: tenant?.name ?? '' };
      const { ticket, events } = assignTicket(unassigned, assignment, now);
      await saveTicket(tx, ticket);
      await saveContactIfUnknown(tx, assigneeUserId, assigneeContact);
      emit(events);
      if (caller.roles.has('backoffice:write')) {
        const action = { action: 'assign-ticket', request: { ticketId: id, assigneeUserId }, outcome: {} } as const;
        await recordOperatorAction(tx, { ...action, operatorUserId: caller.userId, traceId });
      }
      return { status: 200, body: ticket };
    });
  });

  api.openapi(close, (c) => {
    const { id } = c.req.valid('param');
    const { outcome: end } = c.req.valid('json');
    return command(c, deps, async ({ tx, caller, now, emit }) => {
      const before = await findTicketToChange(tx, id);
      if (before === undefined || !isParty(caller, before)) throw notFound();
      if (end !== 'cancelled' && !actsFor(caller, before.tenantId)) {
        throw new Problem(403, 'A customer may cancel a ticket, and not end it otherwise.');
      }
      const { ticket, events } = closeTicket(before, { outcome: end, actorUserId: caller.userId }, now);
      const off = { ticket, actorUserId: caller.userId, reason: 'The ticket was closed.' };
      const visits = (await readAhead(tx, id, now)).map((visit) => callOff(visit, off, now));
      for (const { appointment } of visits) await saveAppointment(tx, appointment);
      await saveTicket(tx, ticket);
      emit([...visits.flatMap((visit) => visit.events), ...events]);
      return { status: 200, body: ticket };
    });
  });

  api.openapi(showTicket, async (c) => {
    const ticket = await findTicket(deps.sql, c.req.valid('param').id);
    if (ticket === undefined || !maySee(c.get('caller'), ticket)) throw notFound();
    return c.json(ticket, 200);
  });
}

const mayAssign = (caller: Caller, tenantId: string) =>
  actsFor(caller, tenantId) || caller.roles.has('backoffice:write');
