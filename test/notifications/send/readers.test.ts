import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { appointmentApproached } from '../../../src/events/appointment-approached.ts';
import { appointmentCancelled } from '../../../src/events/appointment-cancelled.ts';
import { appointmentScheduled } from '../../../src/events/appointment-scheduled.ts';
import { quoteApproved } from '../../../src/events/quote-approved.ts';
import { ticketAssigned } from '../../../src/events/ticket-assigned.ts';
import { ticketCreated } from '../../../src/events/ticket-created.ts';
import type { NewEvent } from '../../../src/events/contract/event.ts';
import { deliverEmail } from '../../../src/workers/deliver-email.ts';
import { notify } from '../../../src/workers/notify.ts';
import { openNotifying } from '../../support/notifying.ts';

const [ticketId, appointmentId, quoteId] = [randomUUID(), randomUUID(), randomUUID()];
const startsAt = new Date(Date.now() + 86_400_000).toISOString();
const previousStartsAt = new Date(Date.now() + 43_200_000).toISOString();

interface People {
  readonly customer: string;
  readonly owner: string;
  readonly assignee: string;
}

type Who = keyof People;
interface Case {
  readonly title: string;
  readonly event: (people: People) => NewEvent;
  /** A part of the inbox text of each reader; nobody else reads anything. */
  readonly texts: Partial<Record<Who, string>>;
}

const named = { tenantName: 'Taller Norte', subject: 'La caldera' };
const facts = (actorUserId?: string) => ({ tenantId: randomUUID(), occurredAt: new Date(), actorUserId });
const visit = ({ customer, owner, assignee }: People, isAssigned: boolean) => ({
  ...named, appointmentId, ticketId, customerUserId: customer, tenantOwnerUserId: owner, assigneeUserId: isAssigned ? assignee : undefined, startsAt,
});
const scheduled = (actor: Who, { isAssigned = true, isMove = false } = {}) => (people: People) =>
  appointmentScheduled({ ...facts(people[actor]), payload: { ...visit(people, isAssigned), previousStartsAt: isMove ? previousStartsAt : null } });
const cancelled = (actor: Who | undefined, { isAssigned = true, reason = 'Llueve.' } = {}) => (people: People) =>
  appointmentCancelled({ ...facts(actor && people[actor]), payload: { ...visit(people, isAssigned), reason } });
const total = { minor: 125_000, currency: 'MXN' };

const cases: readonly Case[] = [
  {
    title: 'a new ticket: its customer opened it, its owner has to reply',
    event: ({ customer, owner }) => ticketCreated({ ...facts(customer), payload: { ...named, ticketId, customerUserId: customer, tenantOwnerUserId: owner } }),
    texts: { customer: 'Abriste un ticket con Taller Norte', owner: 'Un cliente espera tu respuesta' },
  },
  {
    title: 'an assignment: its customer is attended, its assignee takes care of it',
    event: ({ customer, owner, assignee }) => ticketAssigned({ ...facts(owner), payload: { ...named, ticketId, customerUserId: customer, assigneeUserId: assignee } }),
    texts: { customer: 'Taller Norte ya asignó tu ticket', assignee: 'Te asignaron el ticket' },
  },
  {
    title: 'an approved quote: its owner and the assignee',
    event: ({ customer, owner, assignee }) => quoteApproved({
      ...facts(customer), payload: { ...named, quoteId, ticketId, customerUserId: customer, tenantOwnerUserId: owner, assigneeUserId: assignee, total },
    }),
    texts: { owner: 'El cliente aprobó tu cotización', assignee: 'que tienes asignado' },
  },
  { title: 'a visit that the tenant schedules: its customer and the assignee', event: scheduled('owner'), texts: { customer: 'te visitará', assignee: 'Visita el' } },
  { title: 'a visit that the assignee schedules: its customer', event: scheduled('assignee'), texts: { customer: 'te visitará' } },
  { title: 'a visit that the customer schedules: the assignee', event: scheduled('customer'), texts: { assignee: 'Visita el' } },
  { title: 'a visit that the customer schedules with nobody yet: the owner', event: scheduled('customer', { isAssigned: false }), texts: { owner: 'Visita el' } },
  { title: 'a visit that the customer moves: the assignee, with the time before', event: scheduled('customer', { isMove: true }), texts: { assignee: 'Antes era el' } },
  { title: 'a visit that the tenant calls off: its customer and the assignee', event: cancelled('owner'), texts: { customer: 'Se canceló tu cita', assignee: 'Se canceló tu visita' } },
  { title: 'a visit that the customer calls off: the owner while nobody is assigned', event: cancelled('customer', { isAssigned: false }), texts: { owner: 'Se canceló tu visita' } },
  {
    title: 'a visit that comes near: its customer and the assignee',
    event: ({ customer, assignee }) => appointmentApproached({
      ...facts(), payload: { ...named, appointmentId, ticketId, customerUserId: customer, assigneeUserId: assignee, startsAt },
    }),
    texts: { customer: 'Taller Norte te visitará', assignee: 'Tienes una visita' },
  },
  {
    title: 'a visit of a release that did not say its time: nobody',
    event: ({ customer }) => appointmentCancelled({ ...facts(), payload: { appointmentId, ticketId, customerUserId: customer, reason: 'x' } }),
    texts: {},
  },
];

test('each reader gets the text for their part, and nobody reads of what they did themselves', async () => {
  const world = await openNotifying([deliverEmail, notify]);
  const people = { customer: await world.person(), owner: await world.person(), assignee: await world.person() };
  world.start();
  for (const { title, event, texts } of cases) {
    const [eventId = ''] = await world.commit(event(people));
    await world.settle();
    const rows = await world.sql<{ userId: string; body: string }[]>`
      select user_id as "userId", body from notification where event_id = ${eventId} and channel = 'inbox'
    `;
    const found = Object.fromEntries(rows.map(({ userId, body }) => [Object.keys(people).find((who) => people[who as Who] === userId), body]));
    const expected = Object.fromEntries(Object.entries(texts).map(([who, text]) => [who, expect.stringContaining(text) as unknown]));
    expect({ title, found }).toEqual({ title, found: expected });
  }
  expect(await world.deadLetters()).toEqual([]);
  const failed = (await world.notifications()).filter(({ status, template }) => status === 'failed' && template !== 'x');
  expect(failed).toEqual([]);
});

test('the reason of a visit that was called off is told, but not that its ticket was closed', async () => {
  const world = await openNotifying([deliverEmail, notify]);
  const people = { customer: await world.person(), owner: await world.person(), assignee: await world.person() };
  world.start();
  await world.commit(cancelled('owner', { reason: 'Llueve.' })(people), cancelled('owner', { reason: 'The ticket was closed.' })(people));
  await world.settle();
  const texts = world.mailbox.messages.map(({ text }) => /Motivo: (.*)/.exec(text)?.[1]);
  expect(texts.toSorted()).toEqual(['Llueve.', 'Llueve.', undefined, undefined]);
});
