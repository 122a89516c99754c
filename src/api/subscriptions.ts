import { z } from '@hono/zod-openapi';
import { v7 as uuidv7 } from 'uuid';
import { toPlain } from '../domain/money.ts';
import { periods, plans, priceOf, startSubscription, type Subscription } from '../domain/subscription.ts';
import { recordOperatorAction } from '../store/operator-actions.ts';
import { insertSubscription, listSubscriptions } from '../store/tenant-subscriptions.ts';
import { findTenant } from '../store/tenants.ts';
import { actsFor } from './access.ts';
import { command } from './command.ts';
import type { Api, ApiDeps } from './context.ts';
import { cursor, limit, uuid } from './fields.ts';
import { day, moneyView } from './money-fields.ts';
import { cutPage, endOf } from './page.ts';
import { notFound, Problem, unprocessable } from './problem.ts';
import { readRoute, writeRoute } from './route.ts';

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
  summary: 'Begin to pay for a plan, at the price list’s price in the tenant’s currency; one at a time',
  params: z.object({ id: uuid }),
  body: z.strictObject({ plan: z.enum(plans), period: z.enum(periods), startsOn: day }),
  status: 201,
  answer: subscriptionView,
});

const list = readRoute({
  path: '/tenants/{id}/subscriptions',
  summary: 'A tenant’s subscriptions, newest first',
  params: z.object({ id: uuid }),
  query: z.strictObject({ limit, cursor }),
  answer: z.object({ subscriptions: z.array(subscriptionView), nextCursor: z.string().nullable() }),
});

/** The subscriptions' paths. */
export function subscriptionRoutes(api: Api, deps: ApiDeps): void {
  api.openapi(start, (c) => {
    const { id: tenantId } = c.req.valid('param');
    const asked = c.req.valid('json');
    return command(c, deps, async ({ tx, caller, now, traceId, emit }) => {
      const isOperator = !actsFor(caller, tenantId);
      const mayStart = !isOperator || caller.roles.has('backoffice:write');
      const tenant = mayStart ? await findTenant(tx, tenantId) : undefined;
      if (tenant === undefined) throw notFound();
      const price = priceOf(asked, tenant.currency);
      if (price === undefined) throw unprocessable('/plan', 'has no price in the tenant’s currency');
      const input = { ...asked, id: uuidv7(), tenantId, price, actorUserId: caller.userId };
      const { subscription, events } = startSubscription(input, now);
      if (!(await insertSubscription(tx, subscription))) {
        throw new Problem(409, 'The tenant has an active subscription.');
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

const toView = ({ price, ...subscription }: Subscription) => ({ ...subscription, price: toPlain(price) });
