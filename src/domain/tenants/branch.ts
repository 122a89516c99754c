import { branchUpdated } from '../../events/branch-updated.ts';
import type { NewEvent } from '../../events/contract/event.ts';

/** A place where a tenant works. */
export interface Branch extends Place {
  readonly id: string;
  readonly tenantId: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** Where something is. */
export interface Place {
  /** The zone's code, in kebab case: what is ranked together. */
  readonly zone: string;
  readonly address: string;
  /** Degrees north. */
  readonly latitude: number;
  /** Degrees east. */
  readonly longitude: number;
}

export interface BranchDecision {
  readonly branch: Branch;
  /** None when nothing changed. */
  readonly events: readonly NewEvent[];
}

/** A tenant opens a branch. */
export function openBranch(
  { id, tenantId, place, actorUserId }: Pick<Branch, 'id' | 'tenantId'> & { place: Place; actorUserId: string },
  now: Date,
): BranchDecision {
  const branch: Branch = { id, tenantId, ...place, createdAt: now, updatedAt: now };
  return { branch, events: [updated(branch, actorUserId)] };
}

/** A branch is elsewhere now; where it already is there, nothing happens. */
export function moveBranch(
  branch: Branch,
  { place, actorUserId }: { readonly place: Place; readonly actorUserId: string },
  now: Date,
): BranchDecision {
  const { zone, address, latitude, longitude } = place;
  const isThere =
    branch.zone === zone &&
    branch.address === address &&
    branch.latitude === latitude &&
    branch.longitude === longitude;
  if (isThere) return { branch, events: [] };
  const moved: Branch = { ...branch, ...place, updatedAt: now };
  return { branch: moved, events: [updated(moved, actorUserId)] };
}

function updated({ id, tenantId, zone, address, latitude, longitude, updatedAt }: Branch, actorUserId: string) {
  const payload = { branchId: id, tenantId, zone, address, latitude, longitude };
  return branchUpdated({ tenantId, actorUserId, occurredAt: updatedAt, payload });
}
