import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { NotInTime, until } from '../until.ts';
import type { Fault } from './faults.ts';
import type { World } from './world.ts';

const LASTS_MS = 10_000;
const RECOVERS_MS = 10_000;
const PATH_RECOVERS_MS = 30_000;
const STOPPED_MS = 20_000;
const STALE_SECONDS = 3;

/** What dependencies refuse and when they fall silent, while the client goes on; each has to be over by itself. */
export const dependencyFaults: readonly Fault[] = Object.freeze([
  refusing('redis-noreplicas', [['CONFIG', 'SET', 'min-replicas-to-write', '1']], [['CONFIG', 'SET', 'min-replicas-to-write', '0']]),
  { name: 'redis-misconf', strike: (world) => lasting(world, () => failSnapshot(world), () => allowWrites(world)) },
  refusing('redis-noperm', [['ACL', 'SETUSER', 'default', '-@write']], [['ACL', 'SETUSER', 'default', '+@all']]),
  refusing('redis-noperm-scripts', [['ACL', 'SETUSER', 'default', '-@scripting']], [['ACL', 'SETUSER', 'default', '+@all']]),
  refusing('redis-oom', [['CONFIG', 'SET', 'maxmemory', '1mb']], [['CONFIG', 'SET', 'maxmemory', '0']]),
  refusing('redis-paused', [['CLIENT', 'PAUSE', String(LASTS_MS), 'ALL']], []),
  refusing('redis-read-only', [['REPLICAOF', '127.0.0.1', '1']], [['REPLICAOF', 'NO', 'ONE']]),
  { name: 'redis-kills-clients', strike: killClients },
  { name: 'redis-path-dead', strike: (world) => deadPath(world, 'redis') },
  { name: 'postgres-read-only', strike: readOnly },
  { name: 'postgres-stopped', strike: stopPostgres },
  { name: 'postgres-path-dead', strike: (world) => deadPath(world, 'postgres') },
]);

function refusing(name: string, refuse: readonly string[][], allow: readonly string[][]): Fault {
  const send = async ({ redis }: World, commands: readonly string[][]) => {
    for (const [command = '', ...args] of commands) await redis.call(command, ...args);
  };
  return { name, strike: (world) => lasting(world, () => send(world, refuse), () => send(world, allow)) };
}

/** Begins something, ends it ten seconds later, and sees that everything goes on soon after. */
async function lasting(world: World, begin: () => Promise<unknown>, end: () => Promise<unknown>): Promise<readonly string[]> {
  await begin();
  await sleep(LASTS_MS);
  await end();
  return recovers(world, RECOVERS_MS);
}

/** Returns what still stands when so much time has passed: events that nobody publishes, a web process that is not ready. */
async function recovers({ sql, apiUrl }: World, withinMs: number): Promise<readonly string[]> {
  let last = '';
  try {
    await until('events are published and requests are answered', async () => {
      const [row] = await sql<[{ stale: number; failed: number }]>`
        select (
                 select count(*) from pending_event join outbox_event event using (id)
                 where event.created_at < clock_timestamp() - ${STALE_SECONDS} * interval '1 second'
               )::integer as stale,
               (select count(*) from outbox_event where failure is not null)::integer as failed
      `;
      const isReady = await fetch(`${apiUrl}/readyz`, { signal: AbortSignal.timeout(2_000) }).then(({ ok }) => ok, () => false);
      last = `${row.stale} stale, ${row.failed} failed, ${isReady ? 'ready' : 'not ready'}`;
      return row.stale === 0 && row.failed === 0 && isReady;
    }, { deadlineMs: withinMs });
    return [];
  } catch (error) {
    if (error instanceof NotInTime) return [`after ${withinMs / 1_000} s: ${last}`];
    throw error;
  }
}

/** Lets a snapshot fail, after which Redis refuses writes. */
async function failSnapshot({ redis, services }: World): Promise<void> {
  await redis.config('SET', 'save', '3600 100000');
  await redis.config('SET', 'rdb-key-save-delay', '1000000');
  await redis.call('BGSAVE');
  const child = await until('the snapshot’s process runs', () => childrenOf(services.redis.pid)[0]);
  process.kill(child, 'SIGKILL');
}

async function allowWrites({ redis }: World): Promise<void> {
  await redis.config('SET', 'rdb-key-save-delay', '0');
  await redis.config('SET', 'save', '');
}

async function killClients(world: World): Promise<readonly string[]> {
  for (const end = performance.now() + LASTS_MS; performance.now() < end; await sleep(50)) {
    await world.redis.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  }
  return recovers(world, RECOVERS_MS);
}

/** Existing connections carry nothing any more and stay open; new ones work five seconds later. */
async function deadPath(world: World, server: 'redis' | 'postgres'): Promise<readonly string[]> {
  const proxy = world.proxies?.[server];
  if (proxy === undefined) throw new Error('this campaign has no proxies');
  proxy.setDeaf(true);
  proxy.silence();
  await sleep(5_000);
  proxy.setDeaf(false);
  return recovers(world, PATH_RECOVERS_MS);
}

async function readOnly(world: World): Promise<readonly string[]> {
  const set = async (isOn: boolean) => {
    await world.sql.unsafe(`alter system set default_transaction_read_only = ${isOn ? 'on' : 'off'}`);
    await world.sql`select pg_reload_conf()`;
  };
  return lasting(world, () => set(true), async () => {
    await world.sql`set default_transaction_read_only = off`;
    await set(false);
  });
}

/** The server and every backend stand still. */
async function stopPostgres(world: World): Promise<readonly string[]> {
  const { pid } = world.services.postgres;
  const stopped = [pid, ...childrenOf(pid)];
  for (const one of stopped) process.kill(one, 'SIGSTOP');
  await sleep(STOPPED_MS);
  for (const one of stopped) process.kill(one, 'SIGCONT');
  return recovers(world, RECOVERS_MS);
}

/** Lists the processes that a process has started. */
function childrenOf(parent: number): number[] {
  return readdirSync('/proc').map(Number).filter((pid) => {
    try {
      return pid > 0 && readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[1] === String(parent);
    } catch {
      return false; // it has ended
    }
  });
}
