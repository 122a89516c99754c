import { z } from '@hono/zod-openapi';
import { v7 as uuidv7 } from 'uuid';
import { attributeTenant } from '../domain/attribution.ts';
import { toPlain } from '../domain/money.ts';
import { findTerms, insertAttribution } from '../store/attributions.ts';
import { listCommissions, type ListedCommission } from '../store/commissions.ts';
import { recordOperatorAction } from '../store/operator-actions.ts';
import { findTenant } from '../store/tenants.ts';
import { command } from './command.ts';
import type { Api, ApiDeps } from './context.ts';
import { cursor, limit, uuid } from './fields.ts';
import { day, moneyView } from './money-fields.ts';
import { cutPage, endOf } from './page.ts';
import { Problem, unprocessable } from './problem.ts';
import { none, readRoute, writeRoute } from './route.ts';

const attributionView = z
  .object({
    id: uuid,
    tenantId: uuid,
    ambassadorUserId: uuid,
    planId: uuid,
    startsOn: z.iso.date(),
    endsOn: z.iso.date().nullable(),
    createdAt: z.iso.datetime(),
  })
  .openapi('Attribution');

const attribute = writeRoute({
  path: '/backoffice/ambassadors/{userId}/attributions',
  summary: 'Say who brought a tenant and earns from it on these days, past ones too; one ambassador a day',
  params: z.object({ userId: uuid }),
  body: z
    .strictObject({ tenantId: uuid, planId: uuid, startsOn: day, endsOn: day.optional() })
    .refine(({ startsOn, endsOn }) => endsOn === undefined || endsOn >= startsOn, {
      path: ['endsOn'], error: 'must not be before startsOn',
    }),
  status: 201,
  answer: attributionView,
});

const commissionView = z
  .object({
    id: uuid,
    tenantId: uuid,
    paymentId: uuid,
    kind: z.string(),
    amount: moneyView,
    earnedOn: z.iso.date(),
    payoutCycleId: uuid.nullable(),
  })
  .openapi('Commission');

const listMine = readRoute({
  path: '/ambassadors/me/commissions',
  summary: 'What the caller earned and gave back, newest first',
  params: none,
  query: z.strictObject({ limit, cursor }),
  answer: z.object({ commissions: z.array(commissionView), nextCursor: z.string().nullable() }),
});

/** The ambassadors' paths. */
export function ambassadorRoutes(api: Api, deps: ApiDeps): void {
  api.openapi(attribute, (c) => {
    const { userId: ambassadorUserId } = c.req.valid('param');
    const { tenantId, planId, startsOn, endsOn = null } = c.req.valid('json');
    return command(c, deps, async ({ tx, caller: { userId: operatorUserId }, now, traceId, emit }) => {
      const tenant = await findTenant(tx, tenantId);
      if (tenant === undefined) throw unprocessable('/tenantId', 'is no tenant’s');
      const terms = await findTerms(tx, planId, startsOn);
      if (terms === undefined) throw unprocessable('/planId', 'is no plan in force on the first day');
      if (terms.cap !== null && terms.cap.currency !== tenant.currency) {
        throw unprocessable('/planId', 'has its cap in another currency than the tenant’s');
      }
      const input = { id: uuidv7(), tenantId, ambassadorUserId, planId, startsOn, endsOn, terms, operatorUserId };
      const { attribution, events } = attributeTenant(input, now);
      if (!(await insertAttribution(tx, attribution))) {
        throw new Problem(409, 'The tenant is attributed on some of these days already.');
      }
      emit(events);
      const request = { attributionId: attribution.id, tenantId, ambassadorUserId, planId, startsOn, endsOn };
      await recordOperatorAction(tx, { operatorUserId, action: 'attribute-tenant', request, outcome: {}, traceId });
      return { status: 201, body: attribution };
    });
  });

  api.openapi(listMine, async (c) => {
    const { userId } = c.get('caller');
    const { limit: size, cursor: given } = c.req.valid('query');
    const scope = `commissions of ${userId}`;
    const rows = await listCommissions(deps.sql, userId, { before: endOf(scope, given), limit: size + 1 });
    const { page, nextCursor } = cutPage(rows, { scope, limit: size });
    return c.json({ commissions: page.map(toView), nextCursor }, 200);
  });
}

const toView = ({ id, tenantId, paymentId, kind, amount, earnedOn, payoutCycleId }: ListedCommission) =>
  ({ id, tenantId, paymentId, kind, amount: toPlain(amount), earnedOn, payoutCycleId });
