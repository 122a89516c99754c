import { z } from '@hono/zod-openapi';
import { v7 as uuidv7 } from 'uuid';
import { createLead, moveLead, secondsToFirstResponse, type Lead } from '../../domain/service/lead.ts';
import { countUse } from '../../store/operations/bounds.ts';
import { findLead, findLeadToChange, insertLead, isStillCreator, listLeads, saveLead } from '../../store/service/leads.ts';
import { findListing } from '../../store/listings/listings.ts';
import { findTenant } from '../../store/tenants/tenants.ts';
import { actsFor } from '../http/access.ts';
import { command } from '../http/command.ts';
import type { Api, ApiDeps } from '../http/context.ts';
import { email, cursor, limit, line, phone, uuid } from '../http/fields.ts';
import { cutPage, endOf } from '../http/page.ts';
import { notFound, unprocessable } from '../http/problem.ts';
import { none, readRoute, writeRoute } from '../http/route.ts';

const source = z.enum(['form', 'whatsapp', 'phone', 'referral']);
const status = z.enum(['new', 'contacted', 'qualified', 'won', 'lost']);

const leadView = z
  .object({
    id: uuid,
    tenantId: uuid,
    source,
    listingId: uuid.nullable(),
    contact: z.object({ name: z.string(), email: z.string().nullable(), phone: z.string().nullable() }),
    status,
    createdBy: uuid,
    createdAt: z.iso.datetime(),
    firstResponseAt: z.iso.datetime().nullable(),
    firstResponseSeconds: z.int().nullable(),
  })
  .openapi('Lead');

const create = writeRoute({
  path: '/tenants/{id}/leads',
  id: 'createLead',
  summary: 'Create a lead',
  description: 'Somebody who may become a customer of a verified tenant.',
  params: z.object({ id: uuid }),
  body: z.strictObject({
    source,
    listingId: uuid.optional(),
    contact: z
      .strictObject({ name: line(120), email: email.optional(), phone: phone.optional() })
      .refine((given) => given.email !== undefined || given.phone !== undefined, 'must have an email or a phone'),
  }),
  status: 201,
  location: '/leads/{id}',
  answer: leadView,
});

const move = writeRoute({
  path: '/leads/{id}/status',
  id: 'updateLeadStatus',
  summary: 'Update the status of a lead',
  description: 'The first contact is the first response.',
  params: z.object({ id: uuid }),
  body: z.strictObject({ status }),
  status: 200,
  answer: leadView,
});

const show = readRoute({
  path: '/leads/{id}',
  id: 'getLead',
  summary: 'Get a lead',
  description: 'For its tenant, and for the user who created it. A member who was removed cannot read it.',
  params: z.object({ id: uuid }),
  query: none,
  answer: leadView,
});

const list = readRoute({
  path: '/tenants/{id}/leads',
  id: 'listLeads',
  summary: 'List the leads of a tenant',
  description: 'Newest first.',
  params: z.object({ id: uuid }),
  query: z.strictObject({ status: status.optional(), limit, cursor }),
  answer: z.object({ leads: z.array(leadView), nextCursor: z.string().nullable() }),
});

/** The leads' paths. */
export function leadRoutes(api: Api, deps: ApiDeps): void {
  const { BOUNDS } = deps.config;

  api.openapi(create, (c) => {
    const { id: tenantId } = c.req.valid('param');
    const { listingId = null, contact, source: from } = c.req.valid('json');
    return command(c, deps, async ({ tx, caller, now, emit, save }) => {
      const isElsewhere = caller.tenantId !== undefined && caller.tenantId !== tenantId;
      const tenant = isElsewhere ? undefined : await findTenant(tx, tenantId);
      if (tenant === undefined) throw notFound();
      const listing = listingId === null ? undefined : await findListing(tx, listingId);
      if (listingId !== null && listing?.tenantId !== tenantId) {
        throw unprocessable('/listingId', 'is not a listing of the tenant');
      }
      if (!actsFor(caller, tenantId)) save(countUse(tx, BOUNDS, { bound: 'leads', subject: `${caller.userId} ${tenantId}`, now }));
      const prospect = { name: contact.name, email: contact.email ?? null, phone: contact.phone ?? null };
      const input = { id: uuidv7(), tenant, source: from, listingId, contact: prospect, createdBy: caller.userId };
      const { lead, events } = createLead(input, now);
      save(insertLead(tx, lead));
      emit(events);
      return { status: 201, body: toView(lead) };
    });
  });

  api.openapi(move, (c) => {
    const { id } = c.req.valid('param');
    const { status: to } = c.req.valid('json');
    return command(c, deps, async ({ tx, caller, now, emit, save }) => {
      const before = await findLeadToChange(tx, id);
      if (before === undefined || !actsFor(caller, before.tenantId)) throw notFound();
      const { lead, events } = moveLead(before, { to, actorUserId: caller.userId }, now);
      save(saveLead(tx, lead));
      emit(events);
      return { status: 200, body: toView(lead) };
    });
  });

  api.openapi(show, async (c) => {
    const caller = c.get('caller');
    const lead = await findLead(deps.sql, c.req.valid('param').id);
    if (lead === undefined) throw notFound();
    const isOwn = actsFor(caller, lead.tenantId) || (await isStillCreator(deps.sql, lead, caller.userId));
    if (!isOwn) throw notFound();
    return c.json(toView(lead), 200);
  });

  api.openapi(list, async (c) => {
    const { id: tenantId } = c.req.valid('param');
    const { limit: size, cursor: given, status: only } = c.req.valid('query');
    if (!actsFor(c.get('caller'), tenantId)) throw notFound();
    const scope = `leads of ${tenantId}`;
    const before = endOf(scope, given);
    const rows = await listLeads(deps.sql, { tenantId, status: only, before, limit: size + 1 });
    const { page, nextCursor } = cutPage(rows, { scope, limit: size });
    return c.json({ leads: page.map(toView), nextCursor }, 200);
  });
}

const toView = (lead: Lead) => ({ ...lead, firstResponseSeconds: secondsToFirstResponse(lead) });
