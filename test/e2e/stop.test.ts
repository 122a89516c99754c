import { expect, test } from 'vitest';
import { consumers } from '../../src/workers/index.ts';
import { openShop, settled, startSystem, STOP_SECONDS, wrongEffects } from '../support/system.ts';
import { until } from '../support/until.ts';

const MOST_QUEUED = 300;

test('each process told to stop under load ends with 0 in time, leaves no connection and loses nothing', async () => {
  let leftInHand: Promise<readonly string[]> | undefined;
  const onEnd = (process: string) => {
    if (process === 'worker.1') leftInHand = inHand(); // its successor takes jobs as well
  };
  // A busy machine must not lose a job's lock here: whoever lost it can't give the job back.
  const system = await startSystem({ formation: { web: 1, relay: 1, worker: 1 }, lockSeconds: 30, onEnd });
  const { sql, ends, kill, starts, prefix, redis } = system;
  const openTicket = await openShop(system);
  let over = false;
  const lane = async () => {
    let opened = 0;
    for (; !over; opened += 1) {
      await until('the mails keep up', async () => over || !(await isBehind()), { deadlineMs: 30_000 });
      await openTicket();
    }
    return opened;
  };
  const lanes = Array.from({ length: 4 }, lane);

  for (const type of ['relay', 'worker', 'web']) {
    const name = `${type}.1`;
    const before = await consumed();
    await until('there is work in its hands', async () => (await consumed()) > before + 20);
    const toldAt = Date.now();
    kill(name, 'SIGTERM');
    const end = await until(`${name} ends`, () => ends.find(({ process }) => process === name), { deadlineMs: 15_000 });
    expect(end.how).toBe('exit code 0');
    expect(end.at.getTime() - toldAt).toBeLessThan(STOP_SECONDS * 1_000);
    if (type === 'worker') expect(await leftInHand).toEqual([]);
    // PostgreSQL ends a session a moment after its client has; the next process's began later.
    await until(`${name} has no connection left`, async () => {
      const left = await sql`
        select from pg_stat_activity
        where datname = current_database() and application_name = ${type} and backend_start < ${end.at}
      `;
      return left.length === 0;
    }, { deadlineMs: 2_000 });
    await until(`${name} runs again`, () => starts(name) === 2);
  }
  over = true;
  const opened = (await Promise.all(lanes)).reduce((sum, count) => sum + count, 0);
  await settled(system);
  expect(await sql`select from ticket`).toHaveLength(opened);
  expect(await wrongEffects(system)).toEqual([]);
  expect(ends).toHaveLength(3);
  expect(await sql`select from republication`).toHaveLength(0);

  /** The queues with jobs that a worker has taken and not given back. */
  async function inHand(): Promise<readonly string[]> {
    const counts = await Promise.all(consumers.map(async ({ name }) => [name, await redis.llen(`${prefix}:${name}:active`)] as const));
    return counts.filter(([, count]) => count > 0).map(([name, count]) => `${name}: ${count}`);
  }

  /** Tells whether so many mails wait that a slow machine would send them long after the test. */
  async function isBehind(): Promise<boolean> {
    return (await sql`select from notification where status = 'queued' limit ${MOST_QUEUED}`).length === MOST_QUEUED;
  }

  async function consumed(): Promise<number> {
    return (await sql`select from consumed_event`).length;
  }
});
