import { type BoundName, bounds } from '../src/domain/bounds.ts';

const names = Object.keys(bounds) as readonly BoundName[];

/** Bounds that nothing reaches, for campaigns and benches in which few people do the work of many. */
export const UNBOUNDED: Readonly<Partial<Record<BoundName, number>>> =
  Object.freeze(Object.fromEntries(names.map((name) => [name, 1_000_000_000])));

/** Settings that lift every limit on what a user, an address or a client may do. */
export const UNLIMITED = Object.freeze({
  USER_RATE: '10000000', ADDRESS_RATE: '10000000', KEYS_PER_DAY: '100000000', CONNECTIONS_PER_ADDRESS: '100000',
  NOTIFICATIONS_PER_HOUR: '0', BOUNDS: JSON.stringify(UNBOUNDED),
});
