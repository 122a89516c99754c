import { describe, expect, test } from 'vitest';
import { createApp } from '../../../src/api/app.ts';
import { appDeps, contact, idOf, json, signIn, ticketBody, verifiedTenant } from '../../support/app.ts';
import { createDatabase } from '../../support/database.ts';

describe('the marketplace’s paths', () => {
  test('a tenant is founded and verified, and a ticket is opened and assigned, each with its event', async () => {
    const { sql } = await createDatabase();
    const app = createApp(appDeps(sql));
    const { tenantId, owner } = await verifiedTenant(app);
    const customer = await signIn(app);

    const opened = await customer.post('/tickets', ticketBody(tenantId));
    expect(opened.status).toBe(201);
    const ticketId = await idOf(opened);
    const assigned = await owner.post(`/tickets/${ticketId}/assign`, { assigneeUserId: owner.userId, contact });
    expect(assigned.status).toBe(200);

    const seen = await customer.get(`/tickets/${ticketId}`);
    expect(await json(seen)).toMatchObject({ status: 'assigned', assigneeUserId: owner.userId });
    const events = await sql`select event_type, tenant_id from outbox_event order by id`;
    expect(events.map((event) => event['event_type'])).toEqual([
      'TenantCreated', 'TenantVerified', 'TicketCreated', 'TicketAssigned',
    ]);
    expect(events.every((event) => event['tenant_id'] === tenantId)).toBe(true);
  });
});
