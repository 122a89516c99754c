import { randomUUID } from 'node:crypto';
import type { Api } from '../../src/api/http/context.ts';
import type { Sql } from '../../src/platform/postgres.ts';
import { contact, idOf, json, signIn, ticketBody, verifiedTenant, type Client } from './app.ts';

const DAY_MS = 86_400_000;

/** An instant that many days from now, as it is written in a request. */
export const inDays = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString();

export const placeBody = { zone: 'roma-norte', address: 'Calle Colima 1', latitude: 19.4178, longitude: -99.1624 };
export const listingBody = (branchId: string) => ({ title: 'Plomería', category: 'plumbing', branchId });
export const quoteBody = (unitPriceMinor = 125_050) => ({
  lines: [
    { description: 'Mano de obra', quantity: 2, unitPriceMinor },
    { description: 'Tubo', quantity: 1, unitPriceMinor: 9_900 },
  ],
  currency: 'MXN',
  validUntil: inDays(7),
});
export const leadBody = { source: 'form', contact: { name: 'Luis Paz', phone: '+525512345678' } };
export const reviewBody = (rating = 5) => ({ rating, text: 'Llegaron a tiempo.' });

/** Posts, and gives the id of what was made; what was not made is an error. */
export async function made(client: Client, path: string, body: unknown): Promise<string> {
  const answer = await client.post(path, body);
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
  return idOf(answer);
}

/** A verified tenant with a listing that the public sees. */
export async function publishedListing(app: Api) {
  const { tenantId, owner } = await verifiedTenant(app);
  const branchId = await made(owner, `/tenants/${tenantId}/branches`, placeBody);
  const listingId = await made(owner, `/tenants/${tenantId}/listings`, listingBody(branchId));
  return { tenantId, owner, branchId, listingId };
}

/** Has somebody accept an invitation to work for a tenant; returns their user id. */
export async function joined(app: Api, { tenantId, owner }: { readonly tenantId: string; readonly owner: Client }): Promise<string> {
  const { code } = await json(await owner.post(`/tenants/${tenantId}/invitations`, {}));
  const marco = await signIn(app);
  await made(marco, '/memberships', { code, contact });
  return marco.userId;
}

/** A tenant's customer and their ticket, with somebody who answers for it. */
export async function assignedTicket(app: Api, tenant?: { readonly tenantId: string; readonly owner: Client }) {
  const { tenantId, owner } = tenant ?? (await verifiedTenant(app));
  const customer = await signIn(app);
  const ticketId = await made(customer, '/tickets', ticketBody(tenantId));
  await made(owner, `/tickets/${ticketId}/assign`, { assigneeUserId: owner.userId, contact });
  return { tenantId, owner, customer, ticketId };
}

/** A ticket whose customer has approved a quote. */
export async function approvedTicket(app: Api, tenant?: { readonly tenantId: string; readonly owner: Client }) {
  const ticket = await assignedTicket(app, tenant);
  const quoteId = await made(ticket.owner, `/tickets/${ticket.ticketId}/quotes`, quoteBody());
  await made(ticket.customer, `/quotes/${quoteId}/approve`, {});
  return { ...ticket, quoteId };
}

/** Writes a captured payment of a tenant and contests it; returns the dispute's id. */
export async function openedDispute(sql: Sql, { tenantId, owner }: { readonly tenantId: string; readonly owner: Client }): Promise<string> {
  const id = randomUUID();
  await sql`
    insert into payment (id, provider, provider_payment_id, tenant_id, amount_minor, currency, status, captured_at, created_at)
    values (${id}, 'sandpay', ${id}, ${tenantId}, 100, 'MXN', 'captured', now(), now())
  `;
  return made(owner, `/tenants/${tenantId}/disputes`, { paymentId: id, reason: 'charged twice' });
}

/** A completed ticket, with or without a quote that its customer had approved, and its review's id. */
export async function reviewedTicket(
  app: Api,
  { rating = 5, verified = true, tenant }: {
    readonly rating?: number;
    readonly verified?: boolean;
    readonly tenant?: { readonly tenantId: string; readonly owner: Client };
  } = {},
) {
  const ticket = await (verified ? approvedTicket : assignedTicket)(app, tenant);
  await made(ticket.owner, `/tickets/${ticket.ticketId}/close`, { outcome: 'completed' });
  const reviewId = await made(ticket.customer, `/tickets/${ticket.ticketId}/reviews`, reviewBody(rating));
  return { ...ticket, reviewId };
}
