import { z } from '@hono/zod-openapi';
import { v7 as uuidv7 } from 'uuid';
import { attributeTenant, endAttribution } from '../../domain/earnings/attribution.ts';
import { toPlain } from '../../domain/money.ts';
import {
  findAttribution, findAttributionToChange, findLastEarning, findTerms, insertAttribution, isAttributed, saveEnd,
} from '../../store/earnings/attributions.ts';
import { listCommissions, type ListedCommission } from '../../store/earnings/commissions.ts';
import { findMember } from '../../store/tenants/members.ts';
import { recordOperatorAction } from '../../store/operations/operator-actions.ts';
import { findTenantToChange } from '../../store/tenants/tenants.ts';
import { command } from '../http/command.ts';
import type { Api, ApiDeps } from '../http/context.ts';
import { cursor, limit, uuid } from '../http/fields.ts';
import { day, moneyView } from '../http/money-fields.ts';
import { cutPage, endOf } from '../http/page.ts';
import { notFound, Problem, unprocessable } from '../http/problem.ts';
import { none, readRoute, writeRoute } from '../http/route.ts';
import { awaitSecondOperator } from '../http/second-operator.ts';

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
  id: 'createAttribution',
  summary: 'Create an attribution',
  description: 'Says who brought a tenant and earns from it on these days, past ones too. One ambassador a day.',
  params: z.object({ userId: uuid }),
  body: z
    .strictObject({ tenantId: uuid, planId: uuid, startsOn: day, endsOn: day.optional() })
    .refine(({ startsOn, endsOn }) => endsOn === undefined || endsOn >= startsOn, {
      path: ['endsOn'], error: 'must not be before startsOn',
    }),
  status: 201,
  location: '/backoffice/attributions/{id}',
  answer: attributionView,
  needsSecondOperator: true,
});

const end = writeRoute({
  path: '/backoffice/attributions/{id}/end',
  id: 'endAttribution',
  summary: 'End an attribution',
  description: 'Says its last day. Another ambassador can follow the day after.',
  params: z.object({ id: uuid }),
  body: z.strictObject({ endsOn: day }),
  status: 200,
  answer: attributionView,
  needsSecondOperator: true,
});

const show = readRoute({
  path: '/backoffice/attributions/{id}',
  id: 'getAttribution',
  summary: 'Get an attribution',
  description: 'Names the ambassador who earns from a tenant, and the days.',
  params: z.object({ id: uuid }),
  query: none,
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
  id: 'listCommissions',
  summary: 'List the caller’s commissions',
  description: 'Earned and given back, newest first.',
  params: none,
  query: z.strictObject({ limit, cursor }),
  answer: z.object({ commissions: z.array(commissionView), nextCursor: z.string().nullable() }),
});

/** The ambassadors' paths. */
export function ambassadorRoutes(api: Api, deps: ApiDeps): void {
  api.openapi(attribute, (c) => {
    const { userId: ambassadorUserId } = c.req.valid('param');
    const { tenantId, planId, startsOn, endsOn = null } = c.req.valid('json');
    return command(c, deps, async (context) => {
      const { tx, caller: { userId: operatorUserId }, now, traceId, emit } = context;
      const tenant = await findTenantToChange(tx, tenantId);
      if (tenant === undefined) throw unprocessable('/tenantId', 'does not exist');
      if ((await findMember(tx, tenantId, ambassadorUserId)) !== undefined) {
        throw unprocessable('/tenantId', 'is a tenant that the ambassador works for');
      }
      const terms = await findTerms(tx, planId, startsOn);
      if (terms === undefined) throw unprocessable('/planId', 'is not a plan in force on the first day');
      if (terms.cap !== null && terms.cap.currency !== tenant.currency) {
        throw unprocessable('/planId', 'has its cap in another currency than the tenant’s');
      }
      const draft = { tenantId, ambassadorUserId, planId, startsOn, endsOn };
      if (await isAttributed(tx, draft)) {
        throw new Problem(409, 'The tenant is attributed on some of these days already.', { code: 'already-exists' });
      }
      const waiting = await awaitSecondOperator(context, { action: 'attribute-tenant', request: draft, userId: ambassadorUserId, tenantId });
      if (waiting !== undefined) return waiting;
      const input = { ...draft, id: uuidv7(), terms, operatorUserId };
      const { attribution, events } = attributeTenant(input, now);
      await insertAttribution(tx, attribution);
      emit(events);
      const request = { attributionId: attribution.id, ...draft };
      await recordOperatorAction(tx, { operatorUserId, action: 'attribute-tenant', request, outcome: {}, traceId });
      return { status: 201, body: attribution };
    });
  });

  api.openapi(end, (c) => {
    const { id } = c.req.valid('param');
    const { endsOn } = c.req.valid('json');
    return command(c, deps, async (context) => {
      const { tx, caller: { userId: operatorUserId }, traceId } = context;
      const attribution = await findAttributionToChange(tx, id);
      if (attribution === undefined) throw notFound();
      const ended = endAttribution(attribution, { endsOn, earnedOn: await findLastEarning(tx, id) });
      const { tenantId, ambassadorUserId: userId } = attribution;
      const request = { attributionId: id, endsOn };
      const waiting = await awaitSecondOperator(context, { action: 'end-attribution', request, userId, tenantId });
      if (waiting !== undefined) return waiting;
      await saveEnd(tx, ended);
      await recordOperatorAction(tx, { operatorUserId, action: 'end-attribution', request, outcome: {}, traceId });
      return { status: 200, body: ended };
    });
  });

  api.openapi(show, async (c) => {
    const attribution = await findAttribution(deps.sql, c.req.valid('param').id);
    if (attribution === undefined) throw notFound();
    return c.json(attribution, 200);
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
