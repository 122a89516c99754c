import { z } from '@hono/zod-openapi';
import { command } from '../../api/http/command.ts';
import type { Api, ApiDeps } from '../../api/http/context.ts';
import { currency, uuid } from '../../api/http/fields.ts';
import { day, moneyView } from '../../api/http/money-fields.ts';
import { unprocessable } from '../../api/http/problem.ts';
import { none, writeRoute } from '../../api/http/route.ts';
import { toNearestPlain } from '../../domain/money.ts';
import type { PayoutCycle } from '../../domain/earnings/payout.ts';
import { recordOperatorAction } from '../../store/operations/operator-actions.ts';
import { closePayoutCycle, findClosedCycle } from '../../store/earnings/payout-cycles.ts';
import { awaitSecondOperator } from '../../api/http/second-operator.ts';

const cycleView = z
  .object({
    id: uuid,
    ambassadorUserId: uuid,
    periodStart: z.iso.date(),
    periodEnd: z.iso.date(),
    lines: z.int(),
    linesTotal: moneyView,
    carriedIn: moneyView,
    payable: moneyView,
    carriedOut: moneyView,
    closedAt: z.iso.datetime(),
  })
  .openapi('PayoutCycle');

const close = writeRoute({
  path: '/backoffice/payout-cycles/close',
  id: 'closePayoutCycle',
  summary: 'Close a payout cycle',
  description:
    'Adds up what an ambassador earned until a day, unless a fraud case holds it. Asked again, it answers with ' +
    'the same cycle.',
  params: none,
  body: z
    .strictObject({ ambassadorUserId: uuid, periodStart: day, periodEnd: day, currency })
    .refine(({ periodStart, periodEnd }) => periodEnd >= periodStart, {
      path: ['periodEnd'], error: 'must not be before periodStart',
    }),
  status: 200,
  answer: cycleView,
  needsSecondOperator: true,
});

const FURTHEST_ZONE_MS = 14 * 3_600_000; // UTC+14, where a day begins first

/** The operators' path to payouts. */
export function payoutCycleRoutes(api: Api, deps: ApiDeps): void {
  api.openapi(close, (c) => {
    const key = c.req.valid('json');
    return command(c, deps, async (context) => {
      const { tx, caller: { userId: operatorUserId }, now, traceId, emit } = context;
      const today = new Date(now.getTime() + FURTHEST_ZONE_MS).toISOString().slice(0, 10);
      if (key.periodEnd > today) throw unprocessable('/periodEnd', 'must not be in the future');
      const closed = await findClosedCycle(tx, key);
      if (closed !== undefined) return { status: 200, body: toView(closed) };
      const action = 'close-payout-cycle';
      const waiting = await awaitSecondOperator(context, { action, request: key, userId: key.ambassadorUserId });
      if (waiting !== undefined) return waiting;
      const { cycle, events } = await closePayoutCycle(tx, key, now);
      emit(events);
      const outcome = { cycleId: cycle.id, closed: events.length > 0 };
      await recordOperatorAction(tx, { action, request: key, outcome, operatorUserId, traceId });
      return { status: 200, body: toView(cycle) };
    });
  });
}

function toView(cycle: PayoutCycle) {
  const { id, ambassadorUserId, currency: code, periodStart, periodEnd, lineCount: lines, closedAt } = cycle;
  const { linesTotal, carriedIn, payable, carriedOut } = cycle;
  const plain = (minor: bigint) => toNearestPlain({ minor, currency: code });
  return {
    id, ambassadorUserId, periodStart, periodEnd, lines, linesTotal: plain(linesTotal), carriedIn: plain(carriedIn),
    payable: plain(payable), carriedOut: plain(carriedOut), closedAt,
  };
}
