import { z } from '@hono/zod-openapi';
import { v7 as uuidv7 } from 'uuid';
import { ticketFor } from '../http/personal-data.ts';
import { openDispute, resolveDispute, type Dispute } from '../../domain/payments/dispute.ts';
import { toPlain, type Money } from '../../domain/money.ts';
import type { Tx } from '../../platform/postgres.ts';
import { findDispute, findDisputeToChange, insertDispute, saveResolution } from '../../store/payments/disputes.ts';
import { recordOperatorAction } from '../../store/operations/operator-actions.ts';
import { findPayment } from '../../store/payments/payments.ts';
import { findCharge } from '../../store/invoices/performance-charges.ts';
import { actsFor } from '../http/access.ts';
import { command } from '../http/command.ts';
import type { Api, ApiDeps } from '../http/context.ts';
import { text, uuid } from '../http/fields.ts';
import { disputeStatus, moneyView } from '../http/money-fields.ts';
import { notFound, Problem, unprocessable } from '../http/problem.ts';
import { none, readRoute, writeRoute } from '../http/route.ts';
import { assertDisinterested, awaitSecondOperator } from '../http/second-operator.ts';

const disputeView = z
  .object({
    id: uuid,
    tenantId: uuid,
    chargeId: uuid.nullable(),
    paymentId: uuid.nullable(),
    amount: moneyView,
    reason: z.string(),
    status: disputeStatus,
    openedAt: z.iso.datetime(),
    resolvedAt: z.iso.datetime().nullable(),
  })
  .openapi('Dispute');

const reason = text(2_000);

const open = writeRoute({
  path: '/tenants/{id}/disputes',
  id: 'createDispute',
  summary: 'Create a dispute',
  description: 'Contests a charge or a captured payment of the caller’s tenant, once.',
  params: z.object({ id: uuid }),
  body: z.union([z.strictObject({ chargeId: uuid, reason }), z.strictObject({ paymentId: uuid, reason })]),
  status: 201,
  location: '/disputes/{id}',
  answer: disputeView,
});

const resolve = writeRoute({
  path: '/backoffice/disputes/{id}/resolve',
  id: 'resolveDispute',
  summary: 'Resolve a dispute',
  description: '`won` is for the marketplace, `lost` is for the tenant.',
  params: z.object({ id: uuid }),
  body: z.strictObject({ outcome: z.enum(['won', 'lost']) }),
  status: 200,
  answer: disputeView,
  needsSecondOperator: true,
});

const show = readRoute({
  path: '/disputes/{id}',
  id: 'getDispute',
  summary: 'Get a dispute',
  description: 'For its tenant and the backoffice.',
  params: z.object({ id: uuid }),
  query: none,
  answer: disputeView,
});

/** The disputes' paths. */
export function disputeRoutes(api: Api, deps: ApiDeps): void {
  api.openapi(open, (c) => {
    const { id: tenantId } = c.req.valid('param');
    const body = c.req.valid('json');
    return command(c, deps, async ({ tx, caller, now, emit }) => {
      if (!actsFor(caller, tenantId)) throw notFound();
      const chargeId = 'chargeId' in body ? body.chargeId : null;
      const paymentId = 'paymentId' in body ? body.paymentId : null;
      const target = { tenantId, chargeId, paymentId, amount: await contested(tx, { tenantId, chargeId, paymentId }) };
      const input = { ...target, id: uuidv7(), reason: body.reason, actorUserId: caller.userId };
      const { dispute, events } = openDispute(input, now);
      if (!(await insertDispute(tx, dispute))) {
        throw new Problem(409, 'The charge or payment is disputed already.', { code: 'already-exists' });
      }
      emit(events);
      return { status: 201, body: toView(dispute) };
    });
  });

  api.openapi(show, async (c) => {
    const caller = c.get('caller');
    const dispute = await findDispute(deps.sql, c.req.valid('param').id);
    const isOwn = dispute !== undefined && actsFor(caller, dispute.tenantId);
    if (dispute === undefined || !(isOwn || caller.roles.has('backoffice:read'))) throw notFound();
    return c.json(isOwn ? toView(dispute) : ticketFor(caller, toView(dispute)), 200);
  });

  api.openapi(resolve, (c) => {
    const { id } = c.req.valid('param');
    const { outcome } = c.req.valid('json');
    return command(c, deps, async (context) => {
      const { tx, caller: { userId: operatorUserId }, now, traceId, emit } = context;
      const undecided = await findDisputeToChange(tx, id);
      if (undecided === undefined) throw notFound();
      await assertDisinterested(tx, operatorUserId, { tenantId: undecided.tenantId });
      const { dispute, events } = resolveDispute(undecided, { outcome, operatorUserId }, now);
      const request = { disputeId: id, outcome };
      const approval = { action: 'resolve-dispute', request, tenantId: dispute.tenantId } as const;
      const waiting = outcome === 'lost' ? await awaitSecondOperator(context, approval) : undefined;
      if (waiting !== undefined) return waiting;
      await saveResolution(tx, dispute);
      emit(events);
      await recordOperatorAction(tx, { operatorUserId, action: 'resolve-dispute', request, outcome: {}, traceId });
      return { status: 200, body: toView(dispute) };
    });
  });
}

/**
 * What is at stake.
 * @throws {Problem} 422 when the charge or payment is not the tenant's, 409 when nothing was paid.
 */
async function contested(
  tx: Tx,
  { tenantId, chargeId, paymentId }: Pick<Dispute, 'tenantId' | 'chargeId' | 'paymentId'>,
): Promise<Money> {
  const charge = chargeId === null ? undefined : await findCharge(tx, chargeId);
  if (charge?.tenantId === tenantId && charge.status === 'struck-out')
    throw new Problem(409, 'The charge is struck out already.');
  if (charge?.tenantId === tenantId) return charge.amount;
  const payment = paymentId === null ? undefined : await findPayment(tx, paymentId);
  if (payment?.tenantId !== tenantId) {
    throw unprocessable(chargeId === null ? '/paymentId' : '/chargeId', 'does not belong to the tenant');
  }
  if (payment.status !== 'captured') throw new Problem(409, 'The payment failed, so it cannot be disputed.');
  return payment.amount;
}

const toView = ({ amount, resolvedBy, ...dispute }: Dispute) => ({ ...dispute, amount: toPlain(amount) });
