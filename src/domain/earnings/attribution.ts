import { tenantAttributed } from '../../events/tenant-attributed.ts';
import type { NewEvent } from '../../events/contract/event.ts';
import type { Terms } from './commission.ts';
import { IllegalTransition } from '../illegal-transition.ts';
import { toPlain } from '../money.ts';

/** Who brought a tenant, and earns from its payments on these days of the tenant's zone, both included. */
export interface Attribution {
  readonly id: string;
  readonly tenantId: string;
  readonly ambassadorUserId: string;
  readonly planId: string;
  readonly startsOn: string;
  /** Null: until further notice. */
  readonly endsOn: string | null;
  readonly createdAt: Date;
}

/** A tenant is attributed to an ambassador; `terms` are the plan's on the first day. */
export function attributeTenant(
  input: Omit<Attribution, 'createdAt'> & { readonly terms: Terms; readonly operatorUserId: string },
  now: Date,
): { readonly attribution: Attribution; readonly events: readonly NewEvent[] } {
  const { terms, operatorUserId, ...attributed } = input;
  const { id: attributionId, tenantId, ambassadorUserId, planId, startsOn, endsOn } = attributed;
  const payload = {
    attributionId, tenantId, ambassadorUserId, planId, startsOn, endsOn,
    rateBasisPoints: terms.rateBasisPoints,
    cap: terms.cap && toPlain(terms.cap),
  };
  const event = tenantAttributed({ tenantId, actorUserId: operatorUserId, occurredAt: now, payload });
  return { attribution: { ...attributed, createdAt: now }, events: [event] };
}

/**
 * Ends an attribution on a day, which is its last. `earnedOn` is the last day on which it earned.
 * @throws {IllegalTransition} when it ends by then already, begins later, or earned after that day.
 */
export function endAttribution(
  attribution: Attribution,
  { endsOn, earnedOn }: { readonly endsOn: string; readonly earnedOn: string | null },
): Attribution {
  if (attribution.endsOn !== null && attribution.endsOn <= endsOn) {
    throw new IllegalTransition(`The attribution ends on ${attribution.endsOn} already.`);
  }
  if (endsOn < attribution.startsOn) throw new IllegalTransition(`The attribution begins on ${attribution.startsOn}.`);
  if (earnedOn !== null && earnedOn > endsOn) {
    throw new IllegalTransition(`The attribution earned on ${earnedOn}. It can end on that day or later.`);
  }
  return { ...attribution, endsOn };
}
