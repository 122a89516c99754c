import { PRIOR } from './reputation.ts';

/** What is known of a tenant at one instant. */
export interface TenantFacts {
  /** 1 to 5; null when nobody has judged it. */
  readonly reputation: number | null;
  readonly reviews: number;
  readonly verifiedReviews: number;
  /**
   * The first lead of each person in the last 30 days: those that got a response, the median wait of these, and those
   * without a response.
   */
  readonly answered: number;
  readonly medianResponseSeconds: number | null;
  readonly unanswered: number;
  /** In the last 90 days. */
  readonly completedTickets: number;
  /** Decided against the tenant in the last 90 days: `won` in the table, which speaks for the marketplace. */
  readonly lostDisputes: number;
  readonly hiddenListings: number;
  readonly bannedListings: number;
}

/** What is known of one listing at the same instant. */
export interface ListingFacts {
  /** The visits of the last 56 days, each worth what time has left of it. */
  readonly demand: number;
  /** In the last 90 days. */
  readonly userFlags: number;
  readonly operatorFlags: number;
}

/** Shares in basis points, 0 to 10,000: whole numbers, so that SQL and this rule agree to the last digit. */
export interface Components {
  readonly reputation: number;
  readonly responseTime: number;
  readonly closedTickets: number;
  readonly verification: number;
  readonly demand: number;
  /** What is taken away of all the others together. */
  readonly penalty: number;
}

/** How much each component counts; 100 together. */
export const WEIGHTS = Object.freeze({
  reputation: 30, demand: 25, responseTime: 20, closedTickets: 15, verification: 10,
} satisfies Record<Exclude<keyof Components, 'penalty'>, number>);

export const WHOLE = 10_000;

/** Leads of so many days, one per person; half a point for an hour; who waits for longer than the patience was left alone. */
export const RESPONSE = Object.freeze({ days: 30, halfSeconds: 3_600, patienceHours: 24, unknown: 0.5 });
/** Beyond `full` completed tickets in so many days more count for nothing: being large is not being good. */
export const TICKETS = Object.freeze({ days: 90, full: 100 });
/** `half`: so much demand is half a point. Beyond its days a visit would count for less than 1/256. */
export const DEMAND = Object.freeze({ days: 56, halfLifeDays: 7, view: 1, whatsAppClick: 5, half: 20 });
/** Basis points for each; many users' flags together weigh little more than an operator's, for anybody can flag. */
export const PENALTY = Object.freeze({
  days: 90, userFlag: 500, userFlagsCounted: 5, operatorFlag: 2_000, lostDispute: 500,
  hiddenListing: 500, bannedListing: 1_500, atMost: 8_000,
});

/** What time leaves of a visit: `exp(-seconds * DECAY_PER_SECOND)` is a half after the half-life. */
export const DECAY_PER_SECOND = Math.LN2 / (DEMAND.halfLifeDays * 86_400);

/** What one visit adds to a listing's demand, so many seconds later. */
export function demandOf(kind: 'view' | 'whatsapp-click', ageSeconds: number): number {
  const worth = kind === 'view' ? DEMAND.view : DEMAND.whatsAppClick;
  return worth * Math.exp(-ageSeconds * DECAY_PER_SECOND);
}

const basisPoints = (share: number) => Math.floor(share * WHOLE + 0.5);

/**
 * The components of a listing's score.
 *
 * - `reputation` (30): what customers say is what the next one asks first. 1 to 5 stars are 0 to 1; who was never judged
 *   has the prior that reviews are shrunk towards.
 * - `demand` (25): what people look for now. A click on WhatsApp is nearly an order and weighs five views; a visit is
 *   worth half after a week, so that fame fades. It saturates: the second hundred views say less than the first.
 * - `responseTime` (20): whoever asks wants an answer. The median, so that one forgotten lead does not spoil it, times
 *   the share that was answered at all, so that answering only the easy ones does not pay. Half where nobody asked.
 * - `closedTickets` (15): work that was done. On a logarithm, so that the small are not buried under the large.
 * - `verification` (10): every ranked tenant is verified, which is half of it; the other half is the share of its
 *   reviews that come from an approved quote, for those can't be bought cheaply.
 * - `penalty` takes a part of the sum away: flags on the listing, disputes that the tenant lost, its listings that
 *   operators hid or banned. Never all of it: what must not be seen is hidden, not ranked last.
 */
export function componentsOf(tenant: TenantFacts, listing: ListingFacts): Components {
  const { reputation, reviews, verifiedReviews, completedTickets } = tenant;
  return {
    reputation: basisPoints(((reputation ?? PRIOR.mean) - 1) / 4),
    responseTime: basisPoints(responseShare(tenant)),
    closedTickets: basisPoints(Math.min(1, Math.log(1 + completedTickets) / Math.log(1 + TICKETS.full))),
    verification: basisPoints((1 + (reviews === 0 ? 0 : verifiedReviews / reviews)) / 2),
    demand: basisPoints(listing.demand / (listing.demand + DEMAND.half)),
    penalty: penaltyOf(tenant, listing),
  };
}

function responseShare({ answered, medianResponseSeconds, unanswered }: TenantFacts): number {
  if (answered + unanswered === 0) return RESPONSE.unknown;
  if (medianResponseSeconds === null) return 0;
  return (RESPONSE.halfSeconds / (RESPONSE.halfSeconds + Math.max(0, medianResponseSeconds))) * (answered / (answered + unanswered));
}

function penaltyOf(tenant: TenantFacts, { userFlags, operatorFlags }: ListingFacts): number {
  const points =
    Math.min(userFlags, PENALTY.userFlagsCounted) * PENALTY.userFlag +
    operatorFlags * PENALTY.operatorFlag +
    tenant.lostDisputes * PENALTY.lostDispute +
    tenant.hiddenListings * PENALTY.hiddenListing +
    tenant.bannedListings * PENALTY.bannedListing;
  return Math.min(points, PENALTY.atMost);
}

/** A listing's score in thousandths of a point: 0 to 1,000,000, for 0 to 1,000 points. */
export function scoreOf({ penalty, ...components }: Components): number {
  const sum = Object.entries(WEIGHTS).reduce(
    (total, [name, weight]) => total + weight * components[name as keyof typeof WEIGHTS], 0,
  );
  return Math.floor((sum * (WHOLE - penalty)) / WHOLE);
}

/** The order of a zone: the higher score first, of equals the listing that was there first, by its id. */
export function compareRanked(one: Scored, other: Scored): number {
  return other.score - one.score || (one.listingId < other.listingId ? -1 : 1);
}

export interface Scored {
  readonly listingId: string;
  readonly score: number;
}
