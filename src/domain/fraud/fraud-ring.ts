/** What two users can have in common. */
export type LinkKind = 'instrument' | 'phone' | 'ip' | 'visitor';

export interface LinkRule {
  /** What more users than these have in common is no link between any two of them. */
  readonly hub: number;
  /** How many days back it is looked for; 0 where only today's counts. */
  readonly days: number;
}

export const LINKS: Readonly<Record<LinkKind, LinkRule>> = Object.freeze({
  /**
   * A card that pays for tenants of different owners. Of more than twenty, it is an agency that pays for its clients.
   * A card of three or more may be a bookkeeper's, so it joins only those who earn from one another.
   */
  instrument: { hub: 20, days: 180 },
  /** A phone that several users gave as theirs. Of more than twenty, it is a switchboard. */
  phone: { hub: 20, days: 0 },
  /** An address that keeps visiting listings of different owners. Of more than ten, it is a carrier's or a café's. */
  ip: { hub: 10, days: 28 },
  /** A device that does. Of more than ten, it is a robot that reads the marketplace. */
  visitor: { hub: 10, days: 28 },
});

/**
 * Visits by which an address or a device belongs to an owner's surroundings. A customer who compares comes back a few
 * times, and a visit within half an hour of another does not count.
 */
export const REGULAR_VISITS = 10;

/** How many devices or addresses in common weigh as much as a card: one is a competitor who keeps looking. */
export const WEAK_LINKS = 2;

/** How many of each kind two users have in common. */
export type Shared = Readonly<Partial<Record<LinkKind, number>>>;

/** Whether two users belong together. A device and the address it is at are one thing, so they are not added. */
export function belongTogether({ instrument = 0, phone = 0, ip = 0, visitor = 0 }: Shared): boolean {
  return instrument > 0 || phone > 0 || Math.max(ip, visitor) >= WEAK_LINKS;
}

/** Users that belong together, each to another one at least. */
export interface Ring {
  readonly users: number;
  /** One of them earns as an ambassador from a tenant that one of them owns. */
  readonly isSelfDealing: boolean;
  /** Nothing but cards joins them. */
  readonly isCardOnly: boolean;
  readonly kinds: readonly LinkKind[];
}

/** From so many on they are a ring: two partners may share a card, and an owner may have many tenants. */
export const RING_FROM = 3;

/** Returns whether users are a ring: three by more than cards, or some who pay themselves, be it a single user with a tenant. */
export function isRing({ users, isSelfDealing, isCardOnly }: Ring): boolean {
  return isSelfDealing || (users >= RING_FROM && !isCardOnly);
}

/** A ring's score: more users, more kinds of link and commissions among themselves make it graver. */
export function ringScore({ users, isSelfDealing, kinds }: Omit<Ring, 'isCardOnly'>): number {
  const more = 40 * Math.max(0, users - 2) + 75 * Math.max(0, kinds.length - 1) + (isSelfDealing ? 150 : 0);
  return Math.min(1_000, 500 + more);
}

/** Some users of what was found today were of a ring that is known. */
export interface Overlap {
  /** What was found, by whatever name it has today. */
  readonly found: string;
  readonly ringId: string;
  readonly users: number;
}

/** Which known ring each one is again: the one that most of its users were of, and none is two of today's. */
export function knownAgain(overlaps: readonly Overlap[]): ReadonlyMap<string, string> {
  const known = new Map<string, string>();
  const taken = new Set<string>();
  const key = ({ ringId, found }: Overlap) => `${ringId} ${found}`;
  for (const overlap of overlaps.toSorted((one, other) => other.users - one.users || (key(one) < key(other) ? -1 : 1))) {
    if (known.has(overlap.found) || taken.has(overlap.ringId)) continue;
    known.set(overlap.found, overlap.ringId);
    taken.add(overlap.ringId);
  }
  return known;
}
