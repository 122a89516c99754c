import { listingFlagged } from '../../events/listing-flagged.ts';
import { listingPublished } from '../../events/listing-published.ts';
import { listingViewed } from '../../events/listing-viewed.ts';
import { whatsAppClicked } from '../../events/whatsapp-clicked.ts';
import type { NewEvent } from '../../events/contract/event.ts';
import type { Branch } from '../tenants/branch.ts';
import { IllegalTransition } from '../illegal-transition.ts';
import type { Visibility } from './moderation.ts';
import type { Tenant } from '../tenants/tenant.ts';

/** A service that a tenant offers to the public. */
export interface Listing {
  readonly id: string;
  readonly tenantId: string;
  readonly branchId: string;
  /** The branch's. */
  readonly zone: string;
  readonly title: string;
  /** In kebab case. */
  readonly category: string;
  readonly status: Visibility;
  readonly publishedAt: Date;
}

export interface NewListing extends Pick<Listing, 'id' | 'title' | 'category'> {
  readonly tenant: Tenant;
  readonly branch: Branch;
  readonly actorUserId: string;
}

/**
 * A tenant offers a service at one of its branches.
 * @throws {IllegalTransition} when the tenant is not verified.
 */
export function publishListing(
  { id, title, category, tenant, branch, actorUserId }: NewListing,
  now: Date,
): { readonly listing: Listing; readonly events: readonly NewEvent[] } {
  if (tenant.status !== 'verified') throw new IllegalTransition('The tenant is not verified yet.');
  const { id: tenantId } = tenant;
  const { id: branchId, zone } = branch;
  const published = listingPublished({
    tenantId, actorUserId, occurredAt: now, payload: { listingId: id, tenantId, title, category, zone },
  });
  const listing: Listing = { id, tenantId, branchId, zone, title, category, status: 'visible', publishedAt: now };
  return { listing, events: [published] };
}

/** What somebody finds wrong with a listing. */
export interface Flag {
  readonly listingId: string;
  readonly userId: string;
  readonly flaggedBy: 'user' | 'operator';
  readonly reason: string;
}

/** Somebody finds a listing wrong. */
export function flagListing({ id: listingId, tenantId }: Listing, flag: Flag, now: Date): NewEvent {
  const { userId: actorUserId, flaggedBy, reason } = flag;
  const payload = { listingId, tenantId, reason, flaggedBy };
  return listingFlagged({ tenantId, actorUserId, occurredAt: now, payload });
}

/** A visitor's visit to a listing. Who it was is a keyed hash, and so is the network address. */
export interface Visit {
  readonly listingId: string;
  readonly kind: 'view' | 'whatsapp-click';
  readonly visitorHash: string;
  readonly ipHash: string;
  readonly at: Date;
}

/** A visit that counted, with what its listing was at that time. */
export interface CountedVisit extends Visit {
  readonly tenantId: string;
  readonly zone: string;
}

/** A repeat of the same visitor, listing and kind that soon after the last that counted does not count. */
export const REPEAT_MS = 30 * 60_000;

/** The event of a visit that counted. Nobody is its actor: visitors are not users. */
export function visited({ kind, at, ...facts }: CountedVisit): NewEvent {
  const { listingId, tenantId, zone, visitorHash, ipHash } = facts;
  const payload = { listingId, tenantId, zone, visitorHash, ipHash };
  const contract = kind === 'view' ? listingViewed : whatsAppClicked;
  return contract({ tenantId, occurredAt: at, payload });
}

const keyOf = ({ listingId, kind, visitorHash }: Visit) => `${listingId} ${kind} ${visitorHash}`;

/** Those visits that may still count after the given ones did: the same visitor's, late enough after it. */
export function laterVisits(visits: readonly Visit[], counted: readonly Visit[]): readonly Visit[] {
  const last = new Map(counted.map((visit) => [keyOf(visit), visit.at.getTime()]));
  return visits.filter((visit) => visit.at.getTime() >= (last.get(keyOf(visit)) ?? Infinity) + REPEAT_MS);
}
