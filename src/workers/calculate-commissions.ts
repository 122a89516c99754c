import { commissioned } from '../domain/earnings/commission.ts';
import { disputeResolved } from '../events/dispute-resolved.ts';
import { paymentCaptured } from '../events/payment-captured.ts';
import { paymentRefunded } from '../events/payment-refunded.ts';
import { tenantAttributed } from '../events/tenant-attributed.ts';
import { defineReaction } from '../kernel/consumers/consumer.ts';
import type { EventOf } from '../events/contract/event.ts';
import type { Tx } from '../platform/postgres.ts';
import { completeCommissions, paymentsUnder } from '../store/earnings/commissions.ts';
import type { Ports } from './ports.ts';

const heard = [disputeResolved, paymentCaptured, paymentRefunded, tenantAttributed] as const;
type Heard = EventOf<(typeof heard)[number]>;

/**
 * Keeps the ledger of commissions complete. An event only says which payments to look at; what they earn follows from
 * the facts in our tables, which commit with their events. So neither order nor repetition matters: whoever comes last
 * finds all facts, and a line that is there is never made again.
 */
export const calculateCommissions = defineReaction<Ports, typeof heard>({
  name: 'calculate-commissions', // names its queue and its proofs: never rename
  replay: 'safe',
  on: heard,

  async handleBatch(events, { tx, append }) {
    const told = await byPayment(tx, events);
    for (const line of await completeCommissions(tx, [...told.keys()])) {
      const about = told.get(line.paymentId) ?? [];
      const cause = about.find((event) => kindOf(event) === line.kind) ?? about[0];
      if (cause !== undefined) append(cause, commissioned(line, cause.occurredAt));
    }
  },
});

/** The payments that the events are about, each with its events. */
async function byPayment(tx: Tx, events: readonly Heard[]): Promise<Map<string, Heard[]>> {
  const attributionIds = events.flatMap(({ eventType, payload }) =>
    eventType === 'TenantAttributed' ? payload.attributionId : [],
  );
  const under = await paymentsUnder(tx, attributionIds);
  const told = new Map<string, Heard[]>();
  for (const event of events) {
    const isAttribution = event.eventType === 'TenantAttributed';
    const paymentIds = isAttribution ? (under.get(event.payload.attributionId) ?? []) : [event.payload.paymentId];
    for (const id of paymentIds) {
      if (id !== null) told.set(id, [...(told.get(id) ?? []), event]);
    }
  }
  return told;
}

/** The line that an event tells the reason of. */
function kindOf(event: Heard): string | undefined {
  switch (event.eventType) {
    case 'PaymentCaptured':
      return 'payment';
    case 'PaymentRefunded':
      return `refund:${event.payload.refundId}`;
    case 'DisputeResolved':
      return `dispute:${event.payload.disputeId}`;
    case 'TenantAttributed':
      return undefined;
  }
}
