/** What a tenant's visible reviews come to. */
export interface Tally {
  readonly reviews: number;
  /** The sum of all ratings. */
  readonly stars: number;
  readonly verifiedReviews: number;
  /** The part of `stars` that is the verified ones'. */
  readonly verifiedStars: number;
}

/** What every tenant is thought to be before anybody judged it: as if by that many reviews of that many stars. */
export const PRIOR = Object.freeze({ mean: 3.5, weight: 5 });

/** A verified review counts as that many others. */
export const VERIFIED_FACTOR = 2;

/** The tenant's score, 1 to 5: the Bayesian average of its weighted reviews and the prior, to three decimals. */
export function scoreOf({ reviews, stars, verifiedReviews, verifiedStars }: Tally): number {
  const weight = PRIOR.weight + reviews + (VERIFIED_FACTOR - 1) * verifiedReviews;
  const weighted = PRIOR.weight * PRIOR.mean + stars + (VERIFIED_FACTOR - 1) * verifiedStars;
  return Math.round((weighted / weight) * 1_000) / 1_000;
}
