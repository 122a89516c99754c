import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Moment } from '../../src/platform/signal.ts';
import { until } from '../until.ts';
import type { RequestMoment } from './failpoint.ts';
import { findLeaks } from './leaks.ts';
import { plantExitingPoison } from './poison.ts';
import { LOCK_MS, type World } from './world.ts';

/** One thing done to the running system, while the client goes on. */
export interface Fault {
  readonly name: string;
  /** Batches may be without their jobs afterwards: only then may a delivery have to be published again. */
  readonly losesJobs?: boolean;
  /** How much of the load falls on it; 1 where not said. */
  readonly share?: number;
  /** Deliveries that are not poison may cost attempts. */
  readonly spendsAttempts?: true;
  /** Push and WhatsApp have to be offered. */
  readonly channels?: true;
  /** What went otherwise than it has to, or nothing. */
  strike(world: World, given: Given): Promise<readonly string[] | void>;
}

/** What a strike may know of its campaign. */
export interface Given {
  readonly random: () => number;
  /** Commands that the client sends meanwhile, at least. */
  readonly load: number;
  /** Adds deliveries that have to be dead at the end, `consumer eventId` each. */
  addPoison(eventIds: readonly string[], deadly: readonly string[]): void;
  /** Says what is worth knowing of the strike. */
  tell(words: string): void;
}

export const STRIKE_DEADLINE_MS = 40_000;
const OUTAGE_MS = 15_000;
export const workers: readonly string[] = ['worker.1', 'worker.2'];

/** Kills the process that reaches a moment next; one of a request is of those to that origin. */
export function killAt(
  name: string,
  moment: Moment | RequestMoment,
  { originOf = () => '', losesJobs = false }: { originOf?(world: World): string; readonly losesJobs?: boolean } = {},
): Fault {
  return {
    name,
    losesJobs,
    async strike(world, { tell }) {
      const { failpoints, ends } = world;
      const armed = join(failpoints, moment);
      const before = ends.length;
      writeFileSync(armed, originOf(world));
      const isDead = () => (existsSync(armed) ? undefined : ends[before]);
      const dead = await until(`a process reaches ${moment} and dies`, isDead, { deadlineMs: STRIKE_DEADLINE_MS });
      tell(`${dead.name} died`);
    },
  };
}

/** Every fault there is; those that lose jobs come last, so that what happens before them can be told apart. */
export const faults: readonly Fault[] = Object.freeze([
  killAt('kill-relay-after-publish', 'relay.published', { losesJobs: true }),
  killAt('kill-relay-after-part-of-add', 'relay.queue-added', { losesJobs: true }),
  killAt('kill-relay-after-add', 'relay.added'),
  killAt('kill-worker-before-transaction', 'reaction.before'),
  killAt('kill-worker-inside-transaction', 'reaction.inside'),
  killAt('kill-worker-after-commit', 'reaction.committed'),
  killAt('kill-worker-before-effect', 'effect.before'),
  killAt('kill-worker-after-mail-accepted', 'mail.accepted'),
  killAt('kill-worker-after-effect', 'effect.performed'),
  { name: 'poison-exits-the-process', strike: poisonExits },
  { name: 'kill-web', strike: killWeb },
  { name: 'stop-past-the-lock', strike: stopPastTheLock },
  { name: 'terminate-backends', strike: terminateBackends },
  { name: 'restart-postgres', strike: ({ services }) => services.postgres.restart() },
  { name: 'sigterm-under-load', strike: sigterm },
  { name: 'flush-redis', losesJobs: true, share: 25, strike: flushRedis },
  { name: 'restart-redis', losesJobs: true, strike: ({ services }) => services.redis.restart() },
  { name: 'redis-outage', losesJobs: true, strike: redisOutage },
]);

/** Waits until processes are at work: one that was killed a moment ago is still being started again. */
export async function running({ started }: World, ...names: readonly string[]): Promise<void> {
  for (const name of names) {
    await until(`${name} runs`, () => started.has(name), { deadlineMs: STRIKE_DEADLINE_MS });
  }
}

const EXITS_MS = 180_000; // a crash costs a lock's time, and six of them are needed

/** One delivery ends every process that handles it, among neighbours in its batch that have to be consumed. */
async function poisonExits({ sql }: World, { addPoison }: Given): Promise<void> {
  const eventId = await plantExitingPoison(sql);
  const consumer = 'count-daily-metrics';
  addPoison([eventId], [`${consumer} ${eventId}`]);
  await until('the culprit is a dead letter', async () => {
    const letters = await sql`select from dead_letter where consumer_name = ${consumer} and event_id = ${eventId}`;
    return letters.length > 0;
  }, { deadlineMs: EXITS_MS });
}

async function killWeb(world: World, { random }: Given): Promise<void> {
  await running(world, 'web.1');
  await sleep(100 + random() * 200);
  world.formation.kill('web.1', 'SIGKILL');
}

/** Long enough for another worker to take the jobs over while the first still believes that they are its own. */
async function stopPastTheLock(world: World): Promise<void> {
  const stopped = ['worker.1', 'relay.1'];
  await running(world, ...stopped);
  for (const name of stopped) world.formation.kill(name, 'SIGSTOP');
  await sleep(LOCK_MS * 3);
  for (const name of stopped) world.formation.kill(name, 'SIGCONT');
}

async function terminateBackends({ sql }: World): Promise<void> {
  const until = performance.now() + 5_000;
  while (performance.now() < until) {
    await sql`
      select pg_terminate_backend(pid) from pg_stat_activity
      where backend_type = 'client backend' and application_name <> 'chaos' and random() < 0.3
    `;
    await sleep(30);
  }
}

/** Each process in turn has to end its work and exit with 0 within its grace. */
async function sigterm(world: World): Promise<readonly string[]> {
  const { formation, ends } = world;
  const wrong: string[] = [];
  for (const name of ['relay.1', ...workers, 'relay.2', 'web.1']) {
    await running(world, name);
    const before = ends.length;
    await sleep(1_000); // it has to have work in its hands
    formation.kill(name, 'SIGTERM');
    const end = await until(`${name} ends`, () => ends.slice(before).find((one) => one.name === name), { deadlineMs: STRIKE_DEADLINE_MS });
    if (end.how !== 'exit code 0') wrong.push(`${name} answered SIGTERM with ${end.how}`);
  }
  return wrong;
}

/** Both workers stand still until their queues are full and much more waits; then Redis forgets everything. */
async function flushRedis(world: World, { load, tell }: Given): Promise<readonly string[]> {
  const { formation, redis } = world;
  await running(world, ...workers);
  for (const worker of workers) formation.kill(worker, 'SIGSTOP');
  let placed = { queued: 0, waiting: 0 };
  let calm = 0;
  for (let before = -1; placed.queued + placed.waiting < 2 * load && calm < 8; before = placed.queued + placed.waiting) {
    await sleep(500);
    placed = await countPlaced(world);
    calm = placed.queued + placed.waiting === before && placed.queued > 0 ? calm + 1 : 0;
  }
  const leaks = await findLeaks(redis);
  await redis.flushall();
  for (const worker of workers) formation.kill(worker, 'SIGCONT');
  tell(`${placed.queued} deliveries were in Redis and ${placed.waiting} waited`);
  return leaks;
}

async function countPlaced({ sql }: World): Promise<{ readonly queued: number; readonly waiting: number }> {
  const [row] = await sql<[{ queued: number; waiting: number }]>`
    select (select coalesce(sum(cardinality(event_ids)), 0) from queued_batch)::integer as queued,
           (select count(*) from waiting_delivery)::integer as waiting
  `;
  return row;
}

async function redisOutage({ services }: World): Promise<void> {
  services.redis.kill('SIGKILL');
  await sleep(OUTAGE_MS);
  await services.redis.restart();
}
