import { randomUUID } from 'node:crypto';
import { Registry } from 'prom-client';
import { describe, expect, test } from 'vitest';
import { createApp } from '../../../src/api/app.ts';
import { type BoundName, bounds, windowAt } from '../../../src/domain/bounds.ts';
import { forgetBounds } from '../../../src/jobs/forget-bounds.ts';
import { appConfig, appDeps, json, signIn, tenantBody, ticketBody, verifiedTenant, type Client } from '../../support/app.ts';
import { createDatabase } from '../../support/database.ts';
import { runSlot } from '../../support/jobs.ts';
import { assignedTicket, inDays, leadBody, listingBody, made, placeBody, quoteBody } from '../../support/service.ts';

async function open(BOUNDS: Partial<Record<BoundName, number>> = {}) {
  const { sql } = await createDatabase();
  const registry = new Registry();
  const app = createApp(appDeps(sql, { registry, config: { ...appConfig, BOUNDS } }));
  const shop = await verifiedTenant(app);
  return { sql, app, registry, ...shop, customer: await signIn(app) };
}

type World = Awaited<ReturnType<typeof open>>;

/** One use of each bound by the same person on the same thing, and the same use by somebody innocent. */
const uses: Readonly<Partial<Record<BoundName, (world: World) => Promise<{ use(n: number): Promise<Response>; innocent(): Promise<Response> }>>>> = {
  async tickets({ app, tenantId, customer }) {
    const other = await signIn(app);
    const ask = (client: Client) => client.post('/tickets', ticketBody(tenantId));
    return { use: () => ask(customer), innocent: () => ask(other) };
  },
  async leads({ app, tenantId, customer }) {
    const other = await signIn(app);
    const ask = (client: Client) => client.post(`/tenants/${tenantId}/leads`, leadBody);
    return { use: () => ask(customer), innocent: () => ask(other) };
  },
  async appointments({ app, tenantId, owner }) {
    const [one, other] = [await assignedTicket(app, { tenantId, owner }), await assignedTicket(app, { tenantId, owner })];
    const visit = ({ ticketId }: { ticketId: string }, day: number) => owner.post(`/tickets/${ticketId}/appointments`, { startsAt: inDays(day) });
    return { use: (n) => visit(one, 2 + n), innocent: () => visit(other, 50) };
  },
  async quotes({ app, tenantId, owner }) {
    const [one, other] = [await assignedTicket(app, { tenantId, owner }), await assignedTicket(app, { tenantId, owner })];
    const quote = ({ ticketId }: { ticketId: string }) => owner.post(`/tickets/${ticketId}/quotes`, quoteBody());
    return { use: () => quote(one), innocent: () => quote(other) };
  },
  async flags({ app, tenantId, owner, customer }) {
    const branch = await made(owner, `/tenants/${tenantId}/branches`, placeBody);
    const listings: string[] = [];
    for (let n = 0; n < 4; n += 1) listings.push(await made(owner, `/tenants/${tenantId}/listings`, listingBody(branch)));
    const other = await signIn(app);
    const flag = (client: Client, n: number) => client.post(`/listings/${listings[n]}/flags`, { reason: 'x' });
    return { use: (n) => flag(customer, n), innocent: () => flag(other, 0) };
  },
  async tenants({ app, customer }) {
    const other = await signIn(app);
    return { use: () => customer.post('/tenants', tenantBody), innocent: () => other.post('/tenants', tenantBody) };
  },
  async invitations({ app, tenantId, owner }) {
    const other = await verifiedTenant(app);
    return { use: () => owner.post(`/tenants/${tenantId}/invitations`, {}), innocent: () => other.owner.post(`/tenants/${other.tenantId}/invitations`, {}) };
  },
};

describe('what one person causes for others', () => {
  test.for(Object.keys(uses) as BoundName[])('has a bound (%s), which holds up nobody else', async (name) => {
    const world = await open({ [name]: 3 });
    const { use, innocent } = (await uses[name]?.(world)) ?? expect.fail();
    for (let n = 0; n < 3; n += 1) expect((await use(n)).status, `use ${n}`).toBe(201);
    const before = await world.sql`select count(*) from outbox_event`;
    const refused = await use(3);
    expect([refused.status, (await json(refused))['detail']]).toEqual([429, expect.stringContaining(bounds[name].uses)]);
    const seconds = Number(refused.headers.get('Retry-After'));
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(bounds[name].window === 'hour' ? 3_600 : 86_400);
    expect(await world.sql`select count(*) from outbox_event`).toEqual(before);
    expect((await innocent()).status).toBe(201);
  });

  test('is counted exactly when it all comes at once: of 45 tickets ten are taken by default', async () => {
    const { sql, tenantId, customer } = await open();
    const answers = await Promise.all(Array.from({ length: 45 }, () => customer.post('/tickets', ticketBody(tenantId))));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(10);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(35);
    expect(await sql`select from ticket`).toHaveLength(10);
  });

  test('is counted once for one Idempotency-Key, whose first answer stays', async () => {
    const { tenantId, customer } = await open({ tickets: 1 });
    const key = randomUUID();
    const statuses = [];
    for (let time = 0; time < 3; time += 1) statuses.push((await customer.post('/tickets', ticketBody(tenantId), key)).status);
    statuses.push((await customer.post('/tickets', ticketBody(tenantId))).status);
    expect(statuses).toEqual([201, 201, 201, 429]);
  });

  test('is seen by operators once it is nearly used up, in the list, the metrics and on the page', async () => {
    const { app, registry, tenantId, customer } = await open({ tickets: 2, leads: 100 });
    for (let time = 0; time < 3; time += 1) await customer.post('/tickets', ticketBody(tenantId));
    await customer.post(`/tenants/${tenantId}/leads`, leadBody);
    const reader = await signIn(app, { roles: ['backoffice:read'] });
    const { end } = windowAt('tickets', new Date());
    expect(await json(await reader.get('/backoffice/bounds'))).toEqual({ bounds: [
      { bound: 'tickets', subject: `${customer.userId} ${tenantId}`, windowEnd: end.toISOString(), used: 2, allowed: 2 },
    ] });
    expect(await registry.metrics()).toContain('bounds_reached_total{bound="tickets"} 1');
  });

  test('is forgotten a day after its window', async () => {
    const { sql } = await createDatabase();
    const row = (subject: string, hours: number) => sql`
      insert into bound_use (bound, subject, window_start, window_end, used, allowed)
      values ('tickets', ${subject}, now() - ${hours + 1} * interval '1 hour', now() - ${hours} * interval '1 hour', 1, 10)
    `;
    await row('old', 25);
    await row('new', 23);
    expect(await runSlot(sql, forgetBounds, { ports: {} })).toMatchObject({ outcome: 'done' });
    expect(await sql`select subject from bound_use`).toEqual([{ subject: 'new' }]);
  });
});
