import type { Size } from '../measure.ts';
import type { Pool } from './packages.ts';

/** One side of a comparison. */
export interface Peer extends AsyncDisposable {
  readonly name: string;
  /** Handles `count` things and returns how many a second. Their preparation is not measured. */
  round(count: number): Promise<number>;
}

/** A job with the payload of the event that `fillOutbox` commits. */
export function* jobs(count: number) {
  for (let index = 0; index < count; index += 1) {
    const eventId = crypto.randomUUID();
    yield { eventId, tenantId: eventId, ownerUserId: eventId, name: 'Taller Norte' };
  }
}

/** Creates the table of effects. */
export const createEffects = (pool: Pool) => pool.query('create table bench_effect (event_id uuid primary key)');

/** Throws unless the table of effects has one row per event so far. */
export async function assertEffects(pool: Pool, expected: number): Promise<void> {
  const { rows } = await pool.query('select count(*)::integer as count from bench_effect');
  const [{ count } = { count: 0 }] = rows as { readonly count: number }[];
  if (count !== expected) throw new Error(`${count} effects for ${expected} events`);
}

/** Rounds of every peer in turn. Each round begins with another peer, and the first one only warms up. */
export async function alternate(peers: readonly Peer[], { count, rounds }: Size): Promise<ReadonlyMap<Peer, number[]>> {
  const figures = new Map<Peer, number[]>(peers.map((peer) => [peer, []]));
  for (let round = 0; round <= rounds; round += 1) {
    const first = round % peers.length;
    for (const peer of [...peers.slice(first), ...peers.slice(0, first)]) {
      const figure = await peer.round(count);
      if (round > 0) figures.get(peer)?.push(figure);
    }
  }
  return figures;
}
