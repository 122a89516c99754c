import { z } from '@hono/zod-openapi';
import { v7 as uuidv7 } from 'uuid';
import { changeContact } from '../../domain/tenants/contact.ts';
import { chargeCurrencies } from '../../domain/invoices/performance-charge.ts';
import { planCurrencies } from '../../domain/invoices/subscription.ts';
import { openTenant, verifyTenant, type Tenant } from '../../domain/tenants/tenant.ts';
import { countUse } from '../../store/operations/bounds.ts';
import { findOwnContact, saveOwnContact } from '../../store/tenants/contacts.ts';
import { insertMember } from '../../store/tenants/members.ts';
import { recordOperatorAction } from '../../store/operations/operator-actions.ts';
import { findTenant, findTenantToChange, insertTenant, saveVerification } from '../../store/tenants/tenants.ts';
import { actsFor } from '../http/access.ts';
import { command } from '../http/command.ts';
import { authorOf } from './contacts.ts';
import type { Api, ApiDeps } from '../http/context.ts';
import { create } from '../http/create.ts';
import { contact, country, currency, line, timeZone, uuid } from '../http/fields.ts';
import { notFound } from '../http/problem.ts';
import { none, readRoute, writeRoute } from '../http/route.ts';
import { assertDisinterested } from '../http/second-operator.ts';
import { assertTimeZone } from '../http/time-zones.ts';

/** Currencies of the price lists: in another, everything would be free. */
const billedCurrencies: readonly string[] = planCurrencies.filter((code) => chargeCurrencies.includes(code));

const billedCurrency = currency.refine(
  (code) => billedCurrencies.includes(code), `must be one that we have prices in: ${billedCurrencies.join(', ')}`,
).openapi({ example: 'MXN' });

const tenantView = z
  .object({
    id: uuid,
    ownerUserId: uuid,
    name: z.string(),
    country: z.string(),
    currency: z.string(),
    timeZone: z.string(),
    status: z.enum(['unverified', 'verified']),
    createdAt: z.iso.datetime(),
    verifiedAt: z.iso.datetime().nullable(),
  })
  .openapi('Tenant');

const createTenant = writeRoute({
  path: '/tenants',
  id: 'createTenant',
  summary: 'Create a tenant',
  description: 'The caller becomes its owner. It is unverified until an operator accepts its evidence.',
  params: none,
  body: z.strictObject({ name: line(120), country, currency: billedCurrency, timeZone, contact }),
  status: 201,
  location: '/tenants/{id}',
  answer: tenantView,
});

const show = readRoute({
  path: '/tenants/{id}',
  id: 'getTenant',
  summary: 'Get a tenant',
  description: 'For its owner, its members and the backoffice.',
  params: z.object({ id: uuid }),
  query: none,
  answer: tenantView,
});

const verify = writeRoute({
  path: '/tenants/{id}/verify',
  id: 'verifyTenant',
  summary: 'Verify a tenant',
  description:
    'Records the evidence and makes the tenant verified. Only a verified tenant takes tickets, leads and ' +
    'listings.',
  params: z.object({ id: uuid }),
  body: z.strictObject({ evidence: z.strictObject({ kind: line(60), reference: line(200) }) }),
  status: 200,
  answer: tenantView,
});

/** The tenants' paths. */
export function tenantRoutes(api: Api, deps: ApiDeps): void {
  api.openapi(createTenant, (c) => {
    const { contact: ownerContact, ...input } = c.req.valid('json');
    return create(c, deps, {
      read: async () => {
        await assertTimeZone(deps.sql, input.timeZone);
        return findOwnContact(deps.sql, c.get('caller').userId);
      },
      decide({ db, caller, now }, current) {
        const { userId } = caller;
        const { tenant, events } = openTenant({ ...input, id: uuidv7(), ownerUserId: userId }, now);
        const change = changeContact(current, ownerContact, authorOf(caller), now);
        const statements = [
          insertTenant(db, tenant),
          insertMember(db, { tenantId: tenant.id, userId, role: 'owner', joinedAt: now }),
          countUse(db, deps.config.BOUNDS, { bound: 'tenants', subject: userId, now }),
          ...saveOwnContact(db, { userId, contact: ownerContact }, change),
        ];
        return { status: 201, body: toView(tenant), events: [...events, ...change.events], statements };
      },
    });
  });

  api.openapi(show, async (c) => {
    const caller = c.get('caller');
    const tenant = await findTenant(deps.sql, c.req.valid('param').id);
    const isOurs = tenant?.ownerUserId === caller.userId && caller.tenantId === undefined;
    const maySee =
      tenant !== undefined && (isOurs || actsFor(caller, tenant.id) || caller.roles.has('backoffice:read'));
    if (!maySee) throw notFound();
    return c.json(toView(tenant), 200);
  });

  api.openapi(verify, (c) => {
    const { id } = c.req.valid('param');
    const { evidence } = c.req.valid('json');
    return command(c, deps, async ({ tx, caller: { userId: operatorUserId }, now, traceId, emit }) => {
      const unverified = await findTenantToChange(tx, id);
      if (unverified === undefined) throw notFound();
      await assertDisinterested(tx, operatorUserId, { tenantId: id });
      const { tenant, events } = verifyTenant(unverified, { evidence, operatorUserId }, now);
      const request = { tenantId: id, evidenceKind: evidence.kind };
      await Promise.all([
        saveVerification(tx, tenant),
        recordOperatorAction(tx, { operatorUserId, action: 'verify-tenant', request, outcome: {}, traceId }),
      ]);
      emit(events);
      return { status: 200, body: toView(tenant) };
    });
  });
}

const toView = ({ verification, ...tenant }: Tenant) => ({ ...tenant, verifiedAt: verification?.at ?? null });
