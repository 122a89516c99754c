import { createHash } from 'node:crypto';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Moment } from '../../src/platform/signal.ts';
import { transaction } from '../../src/platform/transaction.ts';
import { requestSlots } from '../../src/kernel/jobs/slot-ledger.ts';
import { startProcesses } from '../procfile.ts';
import { seeded } from '../random.ts';
import { anotherTime } from '../services/faketime.ts';
import { until } from '../until.ts';
import type { Finding } from './check.ts';
import { checkClock, minutely } from './check-clock.ts';
import { plantEarnings } from './earnings.ts';
import { LOCK_MS, openWorld, type World } from './world.ts';

const AMBASSADORS = 1_000;
const PIECES = 12; // of which one at random is the last that a victim begins
const DEATH_MS = 15_000;
const REST_MS = 120_000;
const SHIFTS = ['+1h', '+1d', '-1d'];
const PAYOUTS = 'close-payout-cycles';
const FIGURES = 'update-daily-metrics'; // a slot that is run again has all its pieces again
const PROCFILE = new URL('../../Procfile', import.meta.url).pathname;

export interface ClockCampaignOptions {
  readonly seed: number;
  readonly strikes: number;
  readonly mutant?: string | undefined;
  readonly print: (line: string) => void;
}

/**
 * Runs every job each minute on workers of which three believe in other times, kills whoever holds a job at whatever
 * piece, freezes holders past their lock and empties Redis; then checks the ledger, the fences and the payouts.
 */
export async function runClockCampaign({ seed, strikes, mutant, print }: ClockCampaignOptions): Promise<Finding[]> {
  const random = seeded(seed);
  const crons = JSON.stringify(Object.fromEntries(minutely.map((name) => [name, '* * * * *'])));
  const world = await openWorld({ mutant, env: { JOB_CRONS: crons } });
  const { sql, env } = world;
  const [clock] = await sql<{ since: Date }[]>`select max(planned_until) as since from job`;
  const others = await Promise.all(SHIFTS.map((shift) => startProcesses({
    procfile: PROCFILE, formation: { worker: 1 }, restart: true, ports: ['METRICS_PORT'],
    env: { ...env, ...anotherTime(shift), CANARY_SECONDS: '3600' }, // it measures by the clock that is wrong
  })));
  try {
    await plantEarnings(sql, AMBASSADORS);
    print(`workers at ${SHIFTS.join(', ')} and two in time; every job each minute`);
    for (let strike = 0; strike < strikes; strike += 1) print(`  ${await strikeOnce(world, random)}`);
    await until('every slot that came has its end', async () => (await openSlots(world)) === 0, { deadlineMs: REST_MS });
    await askAgain(world, PAYOUTS); // the month's only slot may have run before all earnings were planted
    await until('every commission had its chance', async () => (await openSlots(world)) === 0, { deadlineMs: REST_MS });
    const before = await payouts(world);
    await askAgain(world, PAYOUTS);
    await until('the slot was run again', async () => (await openSlots(world)) === 0, { deadlineMs: REST_MS });
    const again: Finding = {
      invariant: '7 a payout slot that is run again changes no byte', verdict: 'stray', checked: 1,
      wrong: before === (await payouts(world)) ? 0 : 1,
    };
    const [now] = await sql<{ until: Date }[]>`select clock_timestamp() - interval '30 seconds' as until`;
    return [...(await checkClock(sql, { since: clock?.since ?? new Date(0), until: now?.until ?? new Date(0) })), again];
  } finally {
    await Promise.all(others.map((other) => other.stop()));
    await world.close();
  }
}

/** One thing done to the running jobs; what it was comes back. */
async function strikeOnce(world: World, random: () => number): Promise<string> {
  const kind = Math.floor(random() * 6);
  if (kind <= 1) return kill(world, { moment: 'job.held', busy: PAYOUTS });
  if (kind <= 3) return kill(world, { moment: 'job.chunk', busy: FIGURES, passing: Math.floor(random() * PIECES) });
  if (kind === 4) {
    await world.redis.flushall();
    return 'Redis was emptied';
  }
  const name = random() < 0.5 ? 'worker.1' : 'worker.2';
  await until(`${name} runs`, () => world.formation.processes.find((process) => process.name === name)?.pid !== undefined);
  world.formation.kill(name, 'SIGSTOP');
  await sleep(LOCK_MS * 2);
  world.formation.kill(name, 'SIGCONT');
  return `${name} was frozen past its lock`;
}

interface Killing {
  readonly moment: Moment;
  /** The job that is asked for, so that there is something to hold. */
  readonly busy: string;
  readonly passing?: number;
}

/** Kills whoever reaches a moment after so many others have. */
async function kill(world: World, { moment, busy, passing = 0 }: Killing): Promise<string> {
  const armed = join(world.failpoints, moment);
  writeFileSync(armed, String(passing));
  await askAgain(world, busy);
  const died = await until(`somebody reaches ${moment}`, () => !existsSync(armed), { deadlineMs: DEATH_MS }).catch(() => false);
  rmSync(armed, { force: true });
  const which = passing === 0 ? moment : `${moment} after ${passing} others`;
  return died ? `whoever reached ${which} was killed` : `nobody reached ${which}`;
}

/** Has the last slot of a job that went well run again. */
async function askAgain({ sql }: World, name: string): Promise<void> {
  const [last] = await sql<{ slot: Date | null }[]>`
    select max(scheduled_for) as slot from job_run where job_name = ${name} and outcome in ('done', 'caught-up')
  `;
  const slot = last?.slot;
  if (slot) await transaction(sql, (tx) => requestSlots(tx, name, [slot], crypto.randomUUID()));
}

async function openSlots({ sql }: World): Promise<number> {
  const [row] = await sql<{ open: number }[]>`
    select count(*)::integer as open from job_run
    where outcome in ('due', 'running') and scheduled_for < clock_timestamp() - interval '30 seconds'
  `;
  return row?.open ?? 0;
}

/** Every byte of what was paid out. */
async function payouts({ sql }: World): Promise<string> {
  const [row] = await sql<{ all: string }[]>`
    select (select jsonb_agg(to_jsonb(c) order by c.id)::text from payout_cycle c)
           || (select jsonb_agg(to_jsonb(l) order by l.commission_id)::text from payout_line l) as all
  `;
  return createHash('sha256').update(row?.all ?? '').digest('hex');
}
