import { type Measure, ratioOfRounds, type Size } from '../measure.ts';
import { openSpine } from '../spine.ts';
import type { Servers } from '../world.ts';
import { openGraphileWorker } from './graphile-worker.ts';
import { alternate, type Peer } from './peer.ts';
import { openPgBoss } from './pg-boss.ts';

const BATCH_SIZES = [500, 1_000];

/** Events per second through relay and reaction, against pg-boss at its better batch size and graphile-worker. */
export async function measureSpine(servers: Servers, { count, rounds }: Size): Promise<readonly Measure[]> {
  await using stack = new AsyncDisposableStack();
  const ours = stack.use(await openSpine(servers));
  const bosses: Peer[] = [];
  for (const batchSize of BATCH_SIZES) bosses.push(stack.use(await openPgBoss(servers, batchSize)));
  const graphile = stack.use(await openGraphileWorker(servers));
  const figures = await alternate([ours, ...bosses, graphile], { count, rounds });
  const against = (peer: Peer, atLeast: number) => ratioOfRounds({
    name: `relay + reaction, against ${peer.name}`, unit: 'events/s',
    ours: figures.get(ours) ?? [], baseline: figures.get(peer) ?? [], bound: { atLeast },
  });
  const [boss] = bosses.map((peer) => against(peer, 1)).toSorted((a, b) => a.value - b.value);
  return [...(boss === undefined ? [] : [boss]), against(graphile, 3)];
}
