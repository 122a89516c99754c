import { z } from '@hono/zod-openapi';
import { toPlain } from '../../domain/money.ts';
import { listCharges } from '../../store/invoices/performance-charges.ts';
import { actsFor } from '../http/access.ts';
import type { Api, ApiDeps } from '../http/context.ts';
import { cursor, limit, uuid } from '../http/fields.ts';
import { disputeStatus, moneyView } from '../http/money-fields.ts';
import { cutPage, endOf } from '../http/page.ts';
import { notFound } from '../http/problem.ts';
import { readRoute } from '../http/route.ts';

const chargeView = z
  .object({
    id: uuid,
    tenantId: uuid,
    kind: z.enum(['qualified-lead', 'whatsapp-click', 'closed-ticket']),
    sourceId: uuid,
    amount: moneyView,
    occurredAt: z.iso.datetime(),
    status: z.enum(['held', 'charged', 'struck-out']).openapi({ description: 'A click is held for two days, and may be struck out.' }),
    dispute: disputeStatus.nullable(),
  })
  .openapi('PerformanceCharge');

const list = readRoute({
  path: '/tenants/{id}/charges',
  id: 'listCharges',
  summary: 'List the charges of a tenant',
  description: 'What it owes for results, newest first.',
  params: z.object({ id: uuid }),
  query: z.strictObject({ limit, cursor }),
  answer: z.object({ charges: z.array(chargeView), nextCursor: z.string().nullable() }),
});

/** The performance charges' path. */
export function performanceChargeRoutes(api: Api, { sql }: Pick<ApiDeps, 'sql'>): void {
  api.openapi(list, async (c) => {
    const { id: tenantId } = c.req.valid('param');
    const { limit: size, cursor: given } = c.req.valid('query');
    const caller = c.get('caller');
    if (!actsFor(caller, tenantId) && !caller.roles.has('backoffice:read')) throw notFound();
    const scope = `charges of ${tenantId}`;
    const rows = await listCharges(sql, tenantId, { before: endOf(scope, given), limit: size + 1 });
    const { page, nextCursor } = cutPage(rows, { scope, limit: size });
    const charges = page.map((charge) => ({ ...charge, amount: toPlain(charge.amount) }));
    return c.json({ charges, nextCursor }, 200);
  });
}
