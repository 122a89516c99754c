import { z } from '@hono/zod-openapi';
import { v7 as uuidv7 } from 'uuid';
import { callOff, TICKET_CLOSED } from '../../domain/service/appointment.ts';
import { changeContact } from '../../domain/tenants/contact.ts';
import { assignTicket, closeTicket, openTicket } from '../../domain/service/ticket.ts';
import { readAhead, saveAppointment } from '../../store/service/appointments.ts';
import { countUse } from '../../store/operations/bounds.ts';
import { saveOwnContact } from '../../store/tenants/contacts.ts';
import { findMember } from '../../store/tenants/members.ts';
import { recordOperatorAction } from '../../store/operations/operator-actions.ts';
import { findTenant } from '../../store/tenants/tenants.ts';
import { findTicket, findTicketToChange, insertTicket, readOpening, saveTicket } from '../../store/service/tickets.ts';
import { actsFor, isParty, maySee, seenBy } from '../http/access.ts';
import type { Caller } from '../http/auth.ts';
import { command } from '../http/command.ts';
import { authorOf } from '../tenants/contacts.ts';
import type { Api, ApiDeps } from '../http/context.ts';
import { create } from '../http/create.ts';
import { contact, line, text, uuid } from '../http/fields.ts';
import { notFound, Problem, unprocessable } from '../http/problem.ts';
import { none, readRoute, writeRoute } from '../http/route.ts';
import { handOverVisits } from './visit-time.ts';

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
  id: 'createTicket',
  summary: 'Create a ticket',
  description: 'Asks a verified tenant for a service.',
  params: none,
  body: z.strictObject({ tenantId: uuid, subject: line(200), description: text(10_000), contact }),
  status: 201,
  location: '/tickets/{id}',
  answer: ticketView,
});

const assign = writeRoute({
  path: '/tickets/{id}/assign',
  id: 'assignTicket',
  summary: 'Assign a ticket',
  description: 'The assignee has to be a member of the ticket’s tenant.',
  params: z.object({ id: uuid }),
  body: z.strictObject({
    assigneeUserId: uuid,
    contact: contact.optional().openapi({ description: 'Ignored: a member says their own contact.' }),
    allowOverlap: z.boolean().default(false).openapi({ description: 'Confirms visits at times at which the assignee has others' }),
  }),
  status: 200,
  answer: ticketView,
});

const close = writeRoute({
  path: '/tickets/{id}/close',
  id: 'closeTicket',
  summary: 'Close a ticket',
  description: 'Calls off the visits that are ahead. The customer can only cancel.',
  params: z.object({ id: uuid }),
  body: z.strictObject({ outcome }),
  status: 200,
  answer: ticketView,
});

const showTicket = readRoute({
  path: '/tickets/{id}',
  id: 'getTicket',
  summary: 'Get a ticket',
  description: 'For its customer, its tenant and the backoffice.',
  params: z.object({ id: uuid }),
  query: none,
  answer: ticketView,
});

/** The tickets' paths. */
export function ticketRoutes(api: Api, deps: ApiDeps): void {
  const { BOUNDS } = deps.config;

  api.openapi(createTicket, (c) => {
    const { tenantId, contact: customerContact, ...input } = c.req.valid('json');
    return create(c, deps, {
      read: (db) => readOpening(db, tenantId, c.get('caller').userId),
      decide({ db, caller, now }, { tenant, isMember, contact: current }) {
        if (caller.tenantId !== undefined && caller.tenantId !== tenantId) {
          throw new Problem(403, 'A token that acts for one tenant cannot open tickets at another.');
        }
        if (tenant === null) throw unprocessable('/tenantId', 'does not exist');
        if (isMember) throw new Problem(403, 'A member of a tenant cannot be its customer.');
        const { userId } = caller;
        const { ticket, events } = openTicket({ ...input, id: uuidv7(), customerUserId: userId, tenant }, now);
        const change = changeContact(current ?? undefined, customerContact, authorOf(caller), now);
        const statements = [
          insertTicket(db, ticket),
          countUse(db, BOUNDS, { bound: 'tickets', subject: `${userId} ${tenantId}`, now }),
          ...saveOwnContact(db, { userId, contact: customerContact }, change),
          ...(change.isChanged ? [countUse(db, BOUNDS, { bound: 'contacts', subject: userId, now })] : []),
        ];
        return { status: 201, body: ticket, events: [...events, ...change.events], statements };
      },
    });
  });

  api.openapi(assign, (c) => {
    const { id } = c.req.valid('param');
    const { assigneeUserId, allowOverlap } = c.req.valid('json');
    return command(c, deps, async ({ tx, caller, now, traceId, emit, save }) => {
      const unassigned = await findTicketToChange(tx, id);
      if (unassigned === undefined || !mayAssign(caller, unassigned.tenantId)) throw notFound();
      const tenant = await findTenant(tx, unassigned.tenantId);
      const assignment = { assigneeUserId, actorUserId: caller.userId, tenantName: tenant?.name ?? '' };
      const { ticket, events } = assignTicket(unassigned, assignment, now);
      if ((await findMember(tx, ticket.tenantId, assigneeUserId)) === undefined) {
        throw unprocessable('/assigneeUserId', 'is not a member of the tenant');
      }
      await handOverVisits(tx, ticket, { now, allowOverlap });
      await saveTicket(tx, ticket);
      save(countUse(tx, BOUNDS, { bound: 'assignments', subject: id, now }));
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
        throw new Problem(403, 'A customer can only cancel a ticket.');
      }
      const { ticket, events } = closeTicket(before, { outcome: end, actorUserId: caller.userId }, now);
      const ahead = await readAhead(tx, id, now);
      const tenant = ahead.length === 0 ? undefined : await findTenant(tx, before.tenantId);
      const visits = tenant === undefined ? [] : ahead.map((visit) =>
        callOff(visit, { ticket, tenant, actorUserId: caller.userId, reason: TICKET_CLOSED }, now));
      for (const { appointment } of visits) await saveAppointment(tx, appointment);
      await saveTicket(tx, ticket);
      emit([...visits.flatMap((visit) => visit.events), ...events]);
      return { status: 200, body: ticket };
    });
  });

  api.openapi(showTicket, async (c) => {
    const ticket = await findTicket(deps.sql, c.req.valid('param').id);
    if (ticket === undefined || !maySee(c.get('caller'), ticket)) throw notFound();
    return c.json(seenBy(c.get('caller'), ticket, ticket), 200);
  });
}

const mayAssign = (caller: Caller, tenantId: string) =>
  actsFor(caller, tenantId) || caller.roles.has('backoffice:write');
