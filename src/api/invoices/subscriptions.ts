import { z } from '@hono/zod-openapi';
import { v7 as uuidv7 } from 'uuid';
import { dayIn } from '../../domain/calendar-day.ts';
import { toPlain } from '../../domain/money.ts';
import {
  changeRange, endSubscription, periods, plans, priceOf, startSubscription, type Subscription,
} from '../../domain/invoices/subscription.ts';
import type { Tenant } from '../../domain/tenants/tenant.ts';
import { recordOperatorAction } from '../../store/operations/operator-actions.ts';
import {
  findSubscription, insertSubscription, isLastMonthBilled, listSubscriptions, lockSubscription, saveEnd,
} from '../../store/invoices/tenant-subscriptions.ts';
import { findTenantToChange } from '../../store/tenants/tenants.ts';
import { actsFor } from '../http/access.ts';
import { command, type CommandContext } from '../http/command.ts';
import type { Api, ApiDeps } from '../http/context.ts';
import { cursor, limit, uuid } from '../http/fields.ts';
import { day, moneyView } from '../http/money-fields.ts';
import { cutPage, endOf } from '../http/page.ts';
import { notFound, Problem, unprocessable } from '../http/problem.ts';
import { none, readRoute, writeRoute } from '../http/route.ts';
import { assertDisinterested } from '../http/second-operator.ts';

const subscriptionView = z
  .object({
    id: uuid,
    tenantId: uuid,
    plan: z.enum(plans),
    period: z.enum(periods),
    price: moneyView,
    startsOn: z.iso.date(),
    endedOn: z.iso.date().nullable(),
    createdAt: z.iso.datetime(),
  })
  .openapi('Subscription');

const start = writeRoute({
  path: '/tenants/{id}/subscriptions',
  id: 'createSubscription',
  summary: 'Create a subscription',
  description: 'At the price list’s price in the tenant’s currency. A tenant has one subscription at a time.',
  params: z.object({ id: uuid }),
  body: z.strictObject({ plan: z.enum(plans), period: z.enum(periods), startsOn: day }),
  status: 201,
  location: '/tenants/{tenantId}/subscriptions/{id}',
  answer: subscriptionView,
});

const end = writeRoute({
  path: '/tenants/{id}/subscriptions/{subscriptionId}/end',
  id: 'endSubscription',
  summary: 'End a subscription',
  description: 'Periods that begin after the last day are not billed.',
  params: z.object({ id: uuid, subscriptionId: uuid }),
  body: z.strictObject({ endsOn: day.openapi({ description: 'Its last day, in the tenant’s zone' }) }),
  status: 200,
  answer: subscriptionView,
});

const show = readRoute({
  path: '/tenants/{id}/subscriptions/{subscriptionId}',
  id: 'getSubscription',
  summary: 'Get a subscription',
  description: 'For its tenant and the backoffice.',
  params: z.object({ id: uuid, subscriptionId: uuid }),
  query: none,
  answer: subscriptionView,
});

const list = readRoute({
  path: '/tenants/{id}/subscriptions',
  id: 'listSubscriptions',
  summary: 'List the subscriptions of a tenant',
  description: 'Newest first.',
  params: z.object({ id: uuid }),
  query: z.strictObject({ limit, cursor }),
  answer: z.object({ subscriptions: z.array(subscriptionView), nextCursor: z.string().nullable() }),
});

/** The subscriptions' paths. */
export function subscriptionRoutes(api: Api, deps: ApiDeps): void {
  api.openapi(start, (c) => {
    const { id: tenantId } = c.req.valid('param');
    const asked = c.req.valid('json');
    return command(c, deps, async (context) => {
      const { tx, caller, now, traceId, emit } = context;
      const { tenant, isOperator } = await lockTenant(context, tenantId);
      await assertInRange(context, { tenant, isOperator, day: asked.startsOn, pointer: '/startsOn' });
      const price = priceOf(asked, tenant.currency);
      if (price === undefined) throw unprocessable('/plan', 'has no price in the tenant’s currency');
      const input = { ...asked, id: uuidv7(), tenantId, price, actorUserId: caller.userId };
      const { subscription, events } = startSubscription(input, now);
      if (!(await insertSubscription(tx, subscription))) {
        throw new Problem(409, 'The tenant has a subscription on that day or later.', { code: 'already-exists' });
      }
      emit(events);
      if (isOperator) {
        const request = { tenantId, subscriptionId: subscription.id, plan: asked.plan };
        const action = { action: 'start-subscription', request, outcome: {}, traceId } as const;
        await recordOperatorAction(tx, { ...action, operatorUserId: caller.userId });
      }
      return { status: 201, body: toView(subscription) };
    });
  });

  api.openapi(end, (c) => {
    const { id: tenantId, subscriptionId } = c.req.valid('param');
    const { endsOn } = c.req.valid('json');
    return command(c, deps, async (context) => {
      const { tx, caller, traceId } = context;
      const { tenant, isOperator } = await lockTenant(context, tenantId);
      const active = await lockSubscription(tx, subscriptionId, tenantId);
      if (active === undefined) throw notFound();
      await assertInRange(context, { tenant, isOperator, day: endsOn, pointer: '/endsOn' });
      const subscription = endSubscription(active, endsOn);
      await saveEnd(tx, subscription);
      if (isOperator) {
        const request = { tenantId, subscriptionId, endsOn };
        const action = { action: 'end-subscription', request, outcome: {}, traceId } as const;
        await recordOperatorAction(tx, { ...action, operatorUserId: caller.userId });
      }
      return { status: 200, body: toView(subscription) };
    });
  });

  api.openapi(show, async (c) => {
    const { id: tenantId, subscriptionId } = c.req.valid('param');
    const caller = c.get('caller');
    const mayRead = actsFor(caller, tenantId) || caller.roles.has('backoffice:read');
    const subscription = mayRead ? await findSubscription(deps.sql, subscriptionId, tenantId) : undefined;
    if (subscription === undefined) throw notFound();
    return c.json(toView(subscription), 200);
  });

  api.openapi(list, async (c) => {
    const { id: tenantId } = c.req.valid('param');
    const { limit: size, cursor: given } = c.req.valid('query');
    const caller = c.get('caller');
    if (!actsFor(caller, tenantId) && !caller.roles.has('backoffice:read')) throw notFound();
    const scope = `subscriptions of ${tenantId}`;
    const rows = await listSubscriptions(deps.sql, tenantId, { before: endOf(scope, given), limit: size + 1 });
    const { page, nextCursor } = cutPage(rows, { scope, limit: size });
    return c.json({ subscriptions: page.map(toView), nextCursor }, 200);
  });
}

interface Changer {
  readonly tenant: Tenant;
  readonly isOperator: boolean;
}

/** Locks the tenant, so that its subscriptions change one at a time. @throws {Problem} 404 when it is not the caller's. */
async function lockTenant({ tx, caller }: CommandContext, tenantId: string): Promise<Changer> {
  const isOperator = !actsFor(caller, tenantId);
  const mayChange = !isOperator || caller.roles.has('backoffice:write');
  const tenant = mayChange ? await findTenantToChange(tx, tenantId) : undefined;
  if (tenant === undefined) throw notFound();
  if (isOperator) await assertDisinterested(tx, caller.userId, { tenantId });
  return { tenant, isOperator };
}

/** @throws {Problem} 422 for a day in the past, in a month that was billed, or more than a year ahead. */
async function assertInRange(
  { tx, now }: CommandContext,
  { tenant, isOperator, day: asked, pointer }: Changer & { readonly day: string; readonly pointer: string },
): Promise<void> {
  const today = dayIn(now, tenant.timeZone);
  const isBilled = isOperator && (await isLastMonthBilled(tx, tenant.id, today));
  const { first, last } = changeRange({ today, isOperator, isLastMonthBilled: isBilled });
  if (asked < first || asked > last) throw unprocessable(pointer, `must be from ${first} to ${last}`);
}

const toView = ({ price, ...subscription }: Subscription) => ({ ...subscription, price: toPlain(price) });
