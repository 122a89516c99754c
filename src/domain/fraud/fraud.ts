/** Whom the night scores. */
export type Scored = 'tenant' | 'ambassador' | 'reviewer';

/** How a feature's value becomes points: `weight` for each one beyond `free`, and never more than `most`. */
export interface Rule {
  readonly free: number;
  readonly weight: number;
  readonly most: number;
}

/** How long a dispute, a failed payment or a repeated review is held against somebody, and how long zones are watched. */
export const MEMORY_DAYS = 28;

/** How long a sudden thing is: a night that nobody worked is made up for by the next ones of the week. */
export const RECENT_DAYS = 7;

/** Reviews this close together are a burst. */
export const BURST_HOURS = 24;

/** An author whose first review is younger than that is new. */
export const NEW_AUTHOR_DAYS = 7;

/** A zone with fewer days of listings that were clicked on has no normal, and nothing is too much for it. */
export const NORMAL_FROM = 20;

/** From that score on a person should look: one thing that has no honest reading, or two that have few. */
export const CASE_FROM = 500;

/**
 * A person who has looked is asked again only when the score is that much above the highest they looked at. Whatever
 * they said above 850 is for good.
 */
export const REOPEN_MARGIN = 150;

/** Fewest deviations above the zone's normal at which a listing's clicks of a day cannot be customers'. */
export const FORGED_FROM = 16;

export const RULES = Object.freeze({
  tenant: Object.freeze({
    /**
     * The most deviations by which free WhatsApp clicks on one listing in one day lay above the zone's normal, in a week.
     * A click with a charge is no evidence against the tenant: the tenant pays for it, or it was struck out and ranks
     * nothing. A rival can click as well, so free clicks only add.
     */
    click_velocity: { free: 6, weight: 30, most: 300 },
    /** Reviews within 24 hours by new or repeated authors, in a week. Three may follow a good weekend's work. */
    review_burst: { free: 3, weight: 100, most: 500 },
    /** Disputes that the tenant lost, in 28 days. One is anybody's right; an open one proves nothing. */
    disputes: { free: 1, weight: 75, most: 300 },
    /** Payments that failed, in 28 days. A card expires and is tried three times; cards that are tried out fail more. */
    failed_payments: { free: 3, weight: 50, most: 250 },
    /** Other owners who pay with the same card. A family or a bookkeeper may, from one office: it adds to something else. */
    shared_instrument: { free: 0, weight: 300, most: 300 },
    /** Other owners whose listings the same address keeps visiting. An address is shared by many: it only adds. */
    shared_ip: { free: 0, weight: 100, most: 150 },
  }),
  ambassador: Object.freeze({
    /** Tenants that they own or work for and earn from. There is no honest reading: one is a case. */
    self_referral: { free: 0, weight: 600, most: 900 },
    /** Tenants they earn from that pay with a card which tenants of their own pay with: the same, behind another owner. */
    tied_instrument: { free: 0, weight: 500, most: 900 },
    /** The same by addresses; ambassadors do visit whom they brought, so it only adds. */
    tied_ip: { free: 0, weight: 150, most: 300 },
  }),
  reviewer: Object.freeze({
    /** Reviews of tenants that they owned or worked for, in 28 days. There is no honest reading. */
    own_reviews: { free: 0, weight: 500, most: 900 },
    /** Reviews they wrote within 24 hours, in a week. Nobody has that many repairs done in a day. */
    review_burst: { free: 3, weight: 100, most: 500 },
    /** Reviews of a tenant that they had reviewed before, in 28 days. A second visit happens, a third seldom. */
    repeated_reviews: { free: 1, weight: 100, most: 400 },
  }),
}) satisfies Readonly<Record<Scored, Readonly<Record<string, Rule>>>>;

/** A feature that has points. */
export interface Component {
  readonly value: number;
  readonly points: number;
}

export interface Score {
  /** 0 to 1000. */
  readonly score: number;
  readonly components: Readonly<Record<string, Component>>;
}

/** A subject's score by its features' values, which are whole and not negative; a feature that is not given is 0. */
export function scoreOf(subject: Scored, values: Readonly<Record<string, number>>): Score {
  const components = Object.entries<Rule>(RULES[subject]).flatMap(([feature, { free, weight, most }]) => {
    const value = values[feature] ?? 0;
    const points = Math.min(most, weight * Math.max(0, value - free));
    return points > 0 ? [[feature, { value, points }] as const] : [];
  });
  const sum = components.reduce((total, [, { points }]) => total + points, 0);
  return { score: Math.min(1_000, sum), components: Object.fromEntries(components) };
}

/** What is usual: the median, and the median of the distances from it (MAD). No outlier moves them. */
export interface Normal {
  readonly median: number;
  readonly mad: number;
}

/** A MAD this many times over is a standard deviation, where things are spread evenly. */
export const DEVIATION = 1.4826;

/** By how many whole deviations clicks lie above the normal. One click more is a deviation at least. */
export function clickVelocity(clicks: number, { median, mad }: Normal): number {
  return Math.max(0, Math.floor((clicks - median) / Math.max(DEVIATION * mad, 1)));
}

/** Whether a score makes a case; `looked` is the highest that somebody has looked at, if anybody has. */
export function makesCase(score: number, looked: number | undefined): boolean {
  return score >= (looked === undefined ? CASE_FROM : looked + REOPEN_MARGIN);
}
