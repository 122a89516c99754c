import { z } from '@hono/zod-openapi';
import { v7 as uuidv7 } from 'uuid';
import {
  cancelAppointment, moveAppointment, scheduleAppointment, type Appointment, type AppointmentDecision, type Visiting,
} from '../../domain/service/appointment.ts';
import type { Ticket } from '../../domain/service/ticket.ts';
import type { Tx } from '../../platform/postgres.ts';
import {
  findAppointment, hasOther, insertAppointment, listAppointments, saveAppointment,
} from '../../store/service/appointments.ts';
import { countUse } from '../../store/operations/bounds.ts';
import { findTenant } from '../../store/tenants/tenants.ts';
import { findTicket, findTicketOfAppointment, findTicketToChange, saveTicket } from '../../store/service/tickets.ts';
import { isParty, maySee, seenBy } from '../http/access.ts';
import { assertAhead } from '../http/ahead.ts';
import type { Caller } from '../http/auth.ts';
import { command } from '../http/command.ts';
import type { Api, ApiDeps } from '../http/context.ts';
import { instant, line, uuid } from '../http/fields.ts';
import { notFound } from '../http/problem.ts';
import { none, readRoute, writeRoute } from '../http/route.ts';
import { assertFree } from './visit-time.ts';

const appointmentView = z
  .object({
    id: uuid,
    ticketId: uuid,
    startsAt: z.iso.datetime(),
    status: z.enum(['scheduled', 'cancelled']),
    reason: z.string().nullable(),
    scheduledAt: z.iso.datetime(),
    movedAt: z.iso.datetime().nullable(),
    allowsOverlap: z.boolean(),
    cancelledAt: z.iso.datetime().nullable(),
  })
  .openapi('Appointment');

const timed = z.strictObject({
  startsAt: instant,
  allowOverlap: z.boolean().default(false).openapi({ description: 'Confirms a time at which the assignee has another visit' }),
});

const shared = { params: z.object({ id: uuid }), answer: appointmentView } as const;

const schedule = writeRoute({
  ...shared,
  path: '/tickets/{id}/appointments',
  id: 'createAppointment',
  summary: 'Create an appointment',
  description:
    'The customer or the tenant proposes a visit within two years. An assignee has one visit at a time, unless ' +
    '`allowOverlap` is true.',
  body: timed,
  status: 201,
  location: '/appointments/{id}',
});

const move = writeRoute({
  ...shared,
  path: '/appointments/{id}/move',
  id: 'moveAppointment',
  summary: 'Move an appointment',
  description: 'To another time within two years.',
  body: timed,
  status: 200,
});

const cancel = writeRoute({
  ...shared,
  path: '/appointments/{id}/cancel',
  id: 'cancelAppointment',
  summary: 'Cancel an appointment',
  description: 'The other party reads the reason.',
  body: z.strictObject({ reason: line(500) }),
  status: 200,
});

const show = readRoute({
  ...shared,
  path: '/appointments/{id}',
  id: 'getAppointment',
  summary: 'Get an appointment',
  description: 'For the customer of its ticket, the tenant and the backoffice.',
  query: none,
});

const list = readRoute({
  path: '/tickets/{id}/appointments',
  id: 'listAppointments',
  summary: 'List the appointments of a ticket',
  description: 'The latest ones, for the customer, the tenant and the backoffice.',
  params: z.object({ id: uuid }),
  query: none,
  answer: z.object({ appointments: z.array(appointmentView) }),
});

/** The appointments' paths. */
export function appointmentRoutes(api: Api, deps: ApiDeps): void {
  const { BOUNDS } = deps.config;

  api.openapi(schedule, (c) => {
    const { id } = c.req.valid('param');
    const { startsAt, allowOverlap } = c.req.valid('json');
    return command(c, deps, async ({ tx, caller, now, emit, save }) => {
      const visiting = await findVisiting(tx, caller, await findTicketToChange(tx, id));
      assertAhead(startsAt, now, '/startsAt');
      const visit = { id: uuidv7(), startsAt, allowsOverlap: allowOverlap };
      const { appointment, ticket, events } = scheduleAppointment(visit, visiting, now);
      await assertFree(tx, visiting.ticket, { appointmentId: visit.id, startsAt, allowOverlap });
      await insertAppointment(tx, appointment);
      await saveTicket(tx, ticket);
      save(countUse(tx, BOUNDS, { bound: 'appointments', subject: id, now }));
      emit(events);
      return { status: 201, body: appointment };
    });
  });

  api.openapi(move, (c) => {
    const { id } = c.req.valid('param');
    const { startsAt, allowOverlap } = c.req.valid('json');
    return command(c, deps, async ({ tx, caller, now, emit, save }) => {
      const { appointment: before, ...visiting } = await findToChange(tx, caller, id);
      assertAhead(startsAt, now, '/startsAt');
      const moved = moveAppointment(before, { ...visiting, startsAt, allowsOverlap: allowOverlap }, now);
      if (moved.appointment !== before) await assertFree(tx, visiting.ticket, { appointmentId: id, startsAt, allowOverlap });
      await saveChange(tx, moved);
      save(countUse(tx, BOUNDS, { bound: 'appointments', subject: visiting.ticket.id, now }));
      emit(moved.events);
      return { status: 200, body: moved.appointment };
    });
  });

  api.openapi(cancel, (c) => {
    const { id } = c.req.valid('param');
    const { reason } = c.req.valid('json');
    return command(c, deps, async ({ tx, caller, now, emit }) => {
      const { appointment: before, ...visiting } = await findToChange(tx, caller, id);
      const isLast = !(await hasOther(tx, before));
      const cancelled = cancelAppointment(before, { ...visiting, reason, isLast }, now);
      await saveChange(tx, cancelled);
      emit(cancelled.events);
      return { status: 200, body: cancelled.appointment };
    });
  });

  api.openapi(show, async (c) => {
    const appointment = await findAppointment(deps.sql, c.req.valid('param').id);
    const ticket = appointment && (await findTicket(deps.sql, appointment.ticketId));
    if (appointment === undefined || ticket === undefined || !maySee(c.get('caller'), ticket)) throw notFound();
    return c.json(seenBy(c.get('caller'), ticket, appointment), 200);
  });

  api.openapi(list, async (c) => {
    const ticket = await findTicket(deps.sql, c.req.valid('param').id);
    if (ticket === undefined || !maySee(c.get('caller'), ticket)) throw notFound();
    const appointments = await listAppointments(deps.sql, ticket.id);
    return c.json({ appointments: seenBy(c.get('caller'), ticket, appointments) }, 200);
  });
}

/** @throws {Problem} 404 when the ticket is not the caller's. */
async function findVisiting(tx: Tx, caller: Caller, ticket: Ticket | undefined): Promise<Visiting> {
  const tenant = ticket !== undefined && isParty(caller, ticket) ? await findTenant(tx, ticket.tenantId) : undefined;
  if (ticket === undefined || tenant === undefined) throw notFound();
  return { ticket, tenant, actorUserId: caller.userId };
}

/** The ticket is held first, so that two changes of its appointments go one after the other. */
async function findToChange(tx: Tx, caller: Caller, id: string): Promise<Visiting & { appointment: Appointment }> {
  const visiting = await findVisiting(tx, caller, await findTicketOfAppointment(tx, id));
  const appointment = await findAppointment(tx, id);
  if (appointment === undefined) throw notFound();
  return { ...visiting, appointment };
}

async function saveChange(tx: Tx, { appointment, ticket }: AppointmentDecision): Promise<void> {
  await saveAppointment(tx, appointment);
  await saveTicket(tx, ticket);
}
