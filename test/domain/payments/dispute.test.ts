import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { openDispute, resolveDispute } from '../../../src/domain/payments/dispute.ts';
import { IllegalTransition } from '../../../src/domain/illegal-transition.ts';

const now = new Date('2026-03-01T12:00:00Z');
const [tenantId, operatorUserId] = [randomUUID(), randomUUID()];
const { dispute, events } = openDispute({
  id: randomUUID(), tenantId, chargeId: randomUUID(), paymentId: null, amount: { minor: 6_000n, currency: 'MXN' },
  reason: 'Nobody called.', actorUserId: randomUUID(),
}, now);

test('a dispute is opened with its event', () => {
  expect(dispute).toMatchObject({ status: 'open', openedAt: now, resolvedAt: null });
  expect(events).toMatchObject([
    { eventType: 'ChargeDisputed', tenantId, payload: { chargeId: dispute.chargeId, reason: 'Nobody called.' } },
  ]);
});

test.for(['won', 'lost'] as const)('a dispute is %s once, by an operator, and told', (outcome) => {
  const decided = resolveDispute(dispute, { outcome, operatorUserId }, now);
  expect(decided.dispute).toMatchObject({ status: outcome, resolvedBy: operatorUserId });
  expect(decided.events).toMatchObject([
    { eventType: 'DisputeResolved', actorUserId: operatorUserId, payload: { outcome } },
  ]);
  for (const again of ['won', 'lost'] as const) {
    expect(() => resolveDispute(decided.dispute, { outcome: again, operatorUserId }, now)).toThrow(IllegalTransition);
  }
});
