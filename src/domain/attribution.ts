import { tenantAttributed } from '../events/tenant-attributed.ts';
import type { NewEvent } from '../kernel/event.ts';
import type { Terms } from './commission.ts';
import { toPlain } from './money.ts';

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
