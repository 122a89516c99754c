import type { Peer } from './peers/peer.ts';
import { countingReaction, createEffects, relayAndReact } from './reaction.ts';
import { openWorld, type Servers } from './world.ts';

/** Opens our relay and a reaction in this process, for the same work as the peers. */
export async function openSpine(servers: Servers): Promise<Peer> {
  const counting = countingReaction();
  const world = await openWorld(servers, [counting.consumer]);
  await createEffects(world);
  return {
    name: 'columna',
    round: async (count) => count / (await relayAndReact(world, counting, count)),
    [Symbol.asyncDispose]: () => world.close(),
  };
}
