import { chargeDisputed } from '../../events/charge-disputed.ts';
import { disputeResolved } from '../../events/dispute-resolved.ts';
import type { NewEvent } from '../../events/contract/event.ts';
import { IllegalTransition } from '../illegal-transition.ts';
import { toPlain, type Money } from '../money.ts';

/**
 * As the marketplace sees it, here, in tables, events and answers: `won` means that the tenant owes what it contested,
 * `lost` that it gets it back.
 */
export type Outcome = 'won' | 'lost';

/** A tenant's objection to one charge or one payment; the other id is null. */
export interface Dispute {
  readonly id: string;
  readonly tenantId: string;
  readonly chargeId: string | null;
  readonly paymentId: string | null;
  readonly amount: Money;
  readonly reason: string;
  readonly status: 'open' | Outcome;
  readonly openedAt: Date;
  readonly resolvedAt: Date | null;
  readonly resolvedBy: string | null;
}

export interface DisputeDecision {
  readonly dispute: Dispute;
  readonly events: readonly NewEvent[];
}

export interface NewDispute extends Omit<Dispute, 'status' | 'openedAt' | 'resolvedAt' | 'resolvedBy'> {
  readonly actorUserId: string;
}

/** A tenant contests what it was charged or what it paid. */
export function openDispute({ actorUserId, ...input }: NewDispute, now: Date): DisputeDecision {
  const dispute: Dispute = { ...input, status: 'open', openedAt: now, resolvedAt: null, resolvedBy: null };
  const payload = { ...subject(dispute), reason: dispute.reason };
  return { dispute, events: [chargeDisputed({ tenantId: dispute.tenantId, actorUserId, occurredAt: now, payload })] };
}

/**
 * An operator decides a dispute, once.
 * @throws {IllegalTransition} when it is decided already.
 */
export function resolveDispute(
  dispute: Dispute,
  { outcome, operatorUserId }: { readonly outcome: Outcome; readonly operatorUserId: string },
  now: Date,
): DisputeDecision {
  if (dispute.status !== 'open') throw new IllegalTransition(`The dispute is ${dispute.status} already.`);
  const payload = { ...subject(dispute), outcome };
  const resolved = disputeResolved({
    tenantId: dispute.tenantId, actorUserId: operatorUserId, occurredAt: now, payload,
  });
  return { dispute: { ...dispute, status: outcome, resolvedAt: now, resolvedBy: operatorUserId }, events: [resolved] };
}

const subject = ({ id: disputeId, tenantId, chargeId, paymentId, amount }: Dispute) =>
  ({ disputeId, tenantId, chargeId, paymentId, amount: toPlain(amount) });
