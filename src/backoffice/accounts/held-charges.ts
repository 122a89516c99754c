import { z } from '@hono/zod-openapi';
import { command } from '../../api/http/command.ts';
import type { Api, ApiDeps } from '../../api/http/context.ts';
import { cursor, limit, line, uuid } from '../../api/http/fields.ts';
import { moneyView } from '../../api/http/money-fields.ts';
import { cutPage, endOf } from '../../api/http/page.ts';
import { notFound } from '../../api/http/problem.ts';
import { none, readRoute, writeRoute } from '../../api/http/route.ts';
import { assertDisinterested } from '../../api/http/second-operator.ts';
import { toNearestPlain } from '../../domain/money.ts';
import { recordOperatorAction } from '../../store/operations/operator-actions.ts';
import { endHold, listHeldCharges } from '../../store/invoices/performance-charges.ts';

const SCOPE = 'held charges';

const list = readRoute({
  path: '/backoffice/held-charges',
  id: 'listHeldCharges',
  summary: 'List held charges',
  description: 'Clicks beyond the bounds of a visitor or an address. They are not charged until an operator decides.',
  params: none,
  query: z.strictObject({ limit, cursor }),
  answer: z.object({
    charges: z.array(z.object({
      id: uuid, tenantId: uuid, amount: moneyView, occurredAt: z.iso.datetime(), holdReason: z.enum(['visitor', 'address']),
    })),
    nextCursor: z.string().nullable(),
  }),
});

const resolve = writeRoute({
  path: '/backoffice/held-charges/{id}/resolve',
  id: 'resolveHeldCharge',
  summary: 'Resolve a held charge',
  description: 'Charges the click, or strikes it out.',
  params: z.object({ id: uuid }),
  body: z.strictObject({ verdict: z.enum(['charge', 'strike']), reason: line(500) }),
  status: 200,
  answer: z.object({ id: uuid, verdict: z.enum(['charge', 'strike']) }),
});

/** The operators' paths to held charges. */
export function heldChargeRoutes(api: Api, deps: ApiDeps): void {
  api.openapi(list, async (c) => {
    const { limit: size, cursor: given } = c.req.valid('query');
    const rows = await listHeldCharges(deps.sql, { before: endOf(SCOPE, given), limit: size + 1 });
    const { page, nextCursor } = cutPage(rows, { scope: SCOPE, limit: size });
    const charges = page.map(({ id, tenantId, amount, occurredAt, holdReason }) =>
      ({ id, tenantId, amount: toNearestPlain(amount), occurredAt, holdReason }));
    return c.json({ charges, nextCursor }, 200);
  });

  api.openapi(resolve, (c) => {
    const { id } = c.req.valid('param');
    const { verdict, reason } = c.req.valid('json');
    return command(c, deps, async ({ tx, caller: { userId: operatorUserId }, now, traceId }) => {
      const tenantId = await endHold(tx, id, { verdict, now });
      if (tenantId === undefined) throw notFound();
      await assertDisinterested(tx, operatorUserId, { tenantId });
      const request = { chargeId: id, verdict, reason };
      await recordOperatorAction(tx, { operatorUserId, action: 'resolve-held-charge', request, outcome: {}, traceId });
      return { status: 200, body: { id, verdict } };
    });
  });
}
