import { expect, test } from 'vitest';
import { createApp } from '../../../src/api/app.ts';
import { appDeps, json, verifiedTenant } from '../../support/app.ts';
import { createDatabase } from '../../support/database.ts';
import { race } from '../../support/race.ts';
import { approvedTicket, inDays, joined, made } from '../../support/service.ts';

/** A tenant whose owner answers for each of its tickets. */
async function open(tickets: number) {
  const { sql } = await createDatabase();
  const app = createApp(appDeps(sql));
  const tenant = await verifiedTenant(app);
  const all = [];
  for (let count = 0; count < tickets; count += 1) all.push(await approvedTicket(app, tenant));
  const visits = () => sql`select allows_overlap as overlap from appointment where status = 'scheduled' order by id`;
  return { sql, app, owner: tenant.owner, tenant, visits, paths: all.map(({ ticketId }) => `/tickets/${ticketId}/appointments`), all };
}

const noon = (days: number, time = 'T12:00:00.000Z') => `${inDays(days).slice(0, 10)}${time}`;

test('an assignee has one visit at a time, unless somebody confirms the second', async () => {
  const { owner, paths: [first = '', second = '', third = ''], all, visits } = await open(3);
  await made(owner, first, { startsAt: noon(2) });
  for (const client of [owner, all[1]?.customer ?? owner]) {
    const answer = await client.post(second, { startsAt: noon(2) });
    expect([answer.status, await json(answer)]).toMatchObject([409, { detail: expect.stringContaining('allowOverlap') }]);
  }
  expect((await owner.post(first, { startsAt: noon(2) })).status).toBe(409);
  const id = await made(owner, second, { startsAt: noon(2), allowOverlap: true });
  expect((await owner.post(third, { startsAt: noon(2) })).status).toBe(409);
  expect(await visits()).toEqual([{ overlap: false }, { overlap: true }]);
  await made(owner, `/appointments/${id}/move`, { startsAt: noon(3) });
  expect(await visits()).toEqual([{ overlap: false }, { overlap: false }]);
});

test.for([
  ['T12:00:00.999Z', 409], ['T12:00:59Z', 409], ['T14:00:00+02:00', 409], ['T12:01:00Z', 201], ['T11:59:59.999Z', 201],
] as const)('of a visit at noon, one at %s is answered %i', async ([time, status]) => {
  const { owner, paths: [first = '', second = ''] } = await open(2);
  await made(owner, first, { startsAt: noon(2) });
  expect((await owner.post(second, { startsAt: noon(2, time) })).status).toBe(status);
});

test('a visit is not moved to another one’s time, and stays where it is without being asked', async () => {
  const { owner, paths: [first = '', second = ''] } = await open(2);
  await made(owner, first, { startsAt: noon(2) });
  const id = await made(owner, second, { startsAt: noon(3) });
  expect((await owner.post(`/appointments/${id}/move`, { startsAt: noon(2) })).status).toBe(409);
  await made(owner, `/appointments/${id}/move`, { startsAt: noon(2), allowOverlap: true });
  await made(owner, `/appointments/${id}/move`, { startsAt: noon(2) });
});

test('what was called off or closed leaves its time, and other assignees and tenants have their own', async () => {
  const { app, owner, paths: [first = '', second = '', third = ''], all } = await open(3);
  const id = await made(owner, first, { startsAt: noon(2) });
  await made(owner, `/appointments/${id}/cancel`, { reason: 'Llueve.' });
  await made(owner, second, { startsAt: noon(2) });
  await made(owner, `/tickets/${String(all[1]?.ticketId)}/close`, { outcome: 'completed' });
  await made(owner, third, { startsAt: noon(2) });
  const other = await approvedTicket(app);
  await made(other.owner, `/tickets/${other.ticketId}/appointments`, { startsAt: noon(2) });
});

test('of eight visits that are agreed on at once for one assignee one stands', async () => {
  const { sql, owner, paths, visits } = await open(8);
  const answers = await race(sql, {
    racers: 8,
    hold: (tx) => tx`select pg_advisory_xact_lock(hashtextextended(${JSON.stringify(['visits', owner.userId])}, 0))`,
  }, () => Promise.all(paths.map((path) => owner.post(path, { startsAt: noon(2) }))));
  expect(answers.map(({ status }) => status).toSorted()).toEqual([201, ...Array.from({ length: 7 }, () => 409)]);
  expect(await visits()).toHaveLength(1);
});

test('a ticket is not assigned to somebody who has another visit at its visit’s time, unless that is confirmed', async () => {
  const { app, owner, tenant, paths: [first = '', second = ''], all, visits } = await open(2);
  const marco = await joined(app, tenant);
  const assign = (nth: number, body: object = {}) => owner.post(`/tickets/${String(all[nth]?.ticketId)}/assign`, { assigneeUserId: marco, ...body });
  await made(owner, first, { startsAt: noon(2) });
  expect((await assign(0)).status).toBe(200);
  await made(owner, second, { startsAt: noon(2) });
  const refused = await assign(1);
  expect([refused.status, await json(refused)]).toMatchObject([409, { detail: expect.stringContaining('allowOverlap') }]);
  expect((await assign(1, { allowOverlap: true })).status).toBe(200);
  expect(await visits()).toEqual([{ overlap: false }, { overlap: true }]);
  expect((await owner.post(first, { startsAt: noon(2) })).status).toBe(409);
});

test('a ticket that is assigned while a visit is agreed on for the same assignee does not pass it', async () => {
  const { sql, app, owner, tenant, paths: [first = '', second = ''], all } = await open(2);
  const marco = await joined(app, tenant);
  await made(owner, first, { startsAt: noon(2) });
  await made(owner, `/tickets/${String(all[1]?.ticketId)}/assign`, { assigneeUserId: marco });
  const [assigned, scheduled] = await race(sql, {
    racers: 2,
    hold: (tx) => tx`select pg_advisory_xact_lock(hashtextextended(${JSON.stringify(['visits', marco])}, 0))`,
  }, () => Promise.all([
    owner.post(`/tickets/${String(all[0]?.ticketId)}/assign`, { assigneeUserId: marco }),
    owner.post(second, { startsAt: noon(2) }),
  ]));
  expect([assigned.status, scheduled.status].toSorted()).toEqual([expect.any(Number), 409]);
  const [clash] = await sql`
    select count(*)::integer as visits from appointment join ticket on ticket.id = ticket_id where assignee_user_id = ${marco}
  `;
  expect(clash).toEqual({ visits: 1 });
});
