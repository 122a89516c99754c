import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../dev/free-port.ts';
import { spawnBound } from '../../dev/spawn-bound.ts';
import { until } from '../../dev/until.ts';
import { consumers } from '../../src/workers/index.ts';
import { openCustomers, openUsers } from '../customers.ts';
import { type Measure, ratioOfRounds, type Size } from '../measure.ts';
import { openWorld, seconds, type Servers, type World } from '../world.ts';
import { alternate, type Peer } from './peer.ts';

const PROGRAM = fileURLToPath(new URL('web.ts', import.meta.url));
const START_MS = 30_000;

/** Tickets per second through our web process, against two minimal servers on the same database. */
export async function measureTickets(servers: Servers, { count, rounds }: Size): Promise<readonly Measure[]> {
  const world = await openWorld(servers, consumers);
  const ours = await openCustomers(world, { servers });
  const tenantId = await ours.foundTenant();
  const minimal = await openMinimal(world, 'outbox');
  const boss = await openMinimal(world, 'boss');
  const side = (name: string, { openTickets, close }: Pick<typeof ours, 'openTickets' | 'close'>): Peer => ({
    name,
    round: async (tickets) => tickets / (await seconds(() => openTickets(tenantId, tickets))),
    [Symbol.asyncDispose]: close,
  });
  const [columna, small] = [side('columna', ours), side('a minimal server', minimal)];
  const withBoss = side('boss.send', boss);
  const figures = await alternate([columna, small, withBoss], { count, rounds });
  for (const { close } of [ours, minimal, boss]) await close();
  await world.close();
  const against = (peer: Peer, atLeast: number) => ratioOfRounds({
    name: `POST /tickets, against ${peer.name}`, unit: 'requests/s',
    ours: figures.get(columna) ?? [], baseline: figures.get(peer) ?? [], bound: { atLeast },
  });
  return [against(small, 0.6), against(withBoss, 1.3)];
}

/** Starts a minimal server in a process of its own. */
export async function openMinimal({ url }: World, kind: 'outbox' | 'boss') {
  const secret = randomBytes(32).toString('hex');
  const port = await freePort();
  const env = { ...process.env, PORT: String(port), DATABASE_URL: url, JWT_SECRET: secret };
  const child = spawnBound(process.execPath, [PROGRAM, kind], { env, stdio: ['ignore', 'inherit', 'inherit'] });
  const answers = () => fetch(`http://127.0.0.1:${port}/livez`).then(({ ok }) => ok, () => false);
  await until(`the minimal server (${kind}) answers`, answers, { deadlineMs: START_MS });
  const users = await openUsers(secret, port);
  return {
    ...users,
    async close(): Promise<void> {
      users.disconnect();
      const ended = once(child, 'exit');
      child.kill();
      await ended;
    },
  };
}
