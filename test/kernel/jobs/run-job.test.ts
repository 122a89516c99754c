import { expect, test } from 'vitest';
import { Permanent, RetryLater } from '../../../src/events/contract/errors.ts';
import { Unavailable } from '../../../src/platform/unavailable.ts';
import { takeLock } from '../../../src/kernel/jobs/job-runs.ts';
import { hoursAgo, once, openJob, type Work } from '../../support/job-world.ts';
import { until } from '../../support/until.ts';

test.for([
  ['all', ['caught-up', 'caught-up', 'caught-up'], 3],
  ['latest', ['skipped: a later slot is due', 'skipped: a later slot is due', 'caught-up'], 1],
  ['skip', ['missed: nobody worked at its time', 'missed: nobody worked at its time', 'missed: nobody worked at its time'], 0],
] as const)('of slots that passed while nobody worked, the policy «%s» runs those it says, and all are in the ledger', async ([catchUp, outcomes, count]) => {
  const { sql, work, ledger, written } = await openJob({ catchUp, run: once }, 3);
  await sql`update job set planned_until = planned_until - interval '1 hour'`;
  await sql`insert into job_run (job_name, scheduled_for, outcome) values ('hourly', ${hoursAgo(0)}, 'done')`;
  await work();
  expect(await ledger()).toEqual([...outcomes, 'done']);
  expect(await written()).toHaveLength(count);
  await work();
  expect(await written()).toHaveLength(count);
});

test('no slot runs before its time by the database’s clock, and a job that is new begins with the next', async () => {
  const { work, ledger, sql } = await openJob({ run: once });
  await sql`update job set planned_until = clock_timestamp()`;
  await work();
  expect(await ledger()).toEqual([]);
  await sql`insert into job_run (job_name, scheduled_for) values ('hourly', clock_timestamp() + interval '1 minute')`;
  await work();
  expect(await ledger()).toEqual(['due']);
});

test('fifty at once run a slot once', async () => {
  const { work, written, ledger } = await openJob({ catchUp: 'all', run: once }, 2);
  await Promise.all(Array.from({ length: 50 }, () => work()));
  expect(await written()).toHaveLength(2);
  expect(new Set((await ledger()).filter((outcome) => outcome === 'due' || outcome === 'running'))).toEqual(new Set());
});

test('who lost the lock writes no more, and who has it goes on where the other was', async () => {
  const frozen = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  let runs = 0;
  const { sql, work, written, ledger } = await openJob({
    catchUp: 'latest',
    async run({ chunk, scheduledFor }) {
      runs += 1;
      const isFirst = runs === 1;
      for (const piece of ['a', 'b', 'c']) {
        await chunk(piece, async ({ tx, fence }) => void (await tx`insert into written values (${scheduledFor}, ${String(fence)}, ${piece})`));
        if (isFirst && piece === 'a') {
          reached.resolve();
          await frozen.promise;
        }
      }
    },
  }, 1);
  const first = work({ leaseMs: 600_000 });
  await reached.promise;
  await sql`update job_lock set locked_until = clock_timestamp()`; // as if it had been frozen for so long
  await work();
  frozen.resolve();
  await first;
  expect(await written()).toEqual(['a', 'b', 'c']);
  expect((await ledger()).at(-1)).toBe('caught-up');
  const fences = await sql<{ fence: string }[]>`select distinct fence from written order by fence`;
  expect(fences).toHaveLength(2);
});

test('a fence is never given twice, and grows', async () => {
  const { sql } = await openJob({ run: once });
  const take = () => takeLock(sql, { jobName: 'hourly', worker: 'test', leaseMs: 0 });
  const fences: bigint[] = [];
  for (let count = 0; count < 20; count += 1) fences.push((await take())?.fence ?? 0n);
  expect(fences).toEqual(fences.toSorted((one, other) => Number(one - other)));
  expect(new Set(fences).size).toBe(20);
});

test('a process that is to stop ends its piece, and another goes on from there', async () => {
  const begun: string[] = [];
  const { stop, work, written, ledger } = await openJob({
    async run({ chunk, scheduledFor }) {
      for (const piece of ['a', 'b', 'c']) {
        await chunk(piece, async ({ tx }) => {
          begun.push(piece);
          if (begun.length === 2) stop.abort();
          await tx`insert into written values (${scheduledFor}, 1, ${piece})`;
        });
      }
    },
  }, 1);
  await work();
  expect(await written()).toEqual(['a', 'b']);
  expect((await ledger()).at(-1)).toBe('due');
  await work({ stop: new AbortController().signal });
  expect(begun).toEqual(['a', 'b', 'c']);
  expect(await written()).toEqual(['a', 'b', 'c']);
  expect((await ledger()).at(-1)).toBe('caught-up');
});

test('a piece that takes longer than the lease keeps the lock', async () => {
  const { sql, work, written } = await openJob({
    async run({ chunk, scheduledFor }) {
      await chunk('a', async ({ tx }) => {
        await tx`insert into written values (${scheduledFor}, 1, 'a')`;
        await tx`select pg_sleep(0.6)`;
      });
      await chunk('b', async ({ tx }) => void (await tx`insert into written values (${scheduledFor}, 1, 'b')`));
    },
  }, 1);
  const first = work({ leaseMs: 200 });
  await until('it is at work', async () => (await sql`select from job_lock`).length > 0);
  const second = work({ leaseMs: 200 });
  await Promise.all([first, second]);
  expect(await written()).toEqual(['a', 'b']);
});

test('a run that fails is tried again after a while, and has failed in the end', async () => {
  const { sql, work, ledger } = await openJob({
    attempts: 2,
    run: () => Promise.reject(new TypeError('of Ana Ruiz')),
  }, 1);
  await work();
  expect((await ledger()).at(-1)).toMatch(/^due: TypeError [0-9a-f]+$/);
  await work();
  expect((await sql`select attempts from job_run where outcome = 'due'`)[0]).toEqual({ attempts: 1 }); // its time has not come
  await sql`update job_run set not_before = '-infinity'`;
  await work();
  expect((await ledger()).at(-1)).toMatch(/^failed: TypeError [0-9a-f]+$/);
});

test.for([
  ['what takes its time', new RetryLater(3_600_000, 'not yet')],
  ['what is away', new Unavailable('not yet', { forMs: 3_600_000 })],
] as const)('a slot waits for %s as long as that asks, and it costs no attempt', async ([, error]) => {
  const { sql, work, ledger } = await openJob({ attempts: 1, run: () => Promise.reject(error) }, 1);
  await work();
  expect((await ledger()).at(-1)).toBe('due: not yet');
  const [run] = await sql`
    select attempts, not_before between now() + interval '59 minutes' and now() + interval '61 minutes' as waits
    from job_run where outcome = 'due'
  `;
  expect(run).toEqual({ attempts: 0, waits: true });
});

test.for([
  '57P01', '53100', '25006', '08006', '40P01', '40001',
])('a piece that meets %s of PostgreSQL puts the slot off without an attempt', async (code) => {
  const raise = `do $$ begin raise exception using errcode = '${code}'; end $$`;
  const run: Work = ({ chunk }) => chunk('all', async ({ tx }) => void (await tx.unsafe(raise)));
  const { sql, work, ledger } = await openJob({ attempts: 1, run }, 1);
  await work();
  expect((await ledger()).at(-1)).toBe(`due: unavailable: ${code}`);
  expect(await sql`select attempts from job_run where outcome = 'due'`).toEqual([{ attempts: 0 }]);
});

test('what no attempt will change has failed at once, and the ledger says why', async () => {
  const { work, ledger } = await openJob({ run: () => Promise.reject(new Permanent('line 3 is wrong')) }, 1);
  await work();
  expect((await ledger()).at(-1)).toBe('failed: line 3 is wrong');
});

test('a run that is long between two pieces keeps the lock', async () => {
  const begun: string[] = [];
  const { sql, work, written } = await openJob({
    async run({ chunk, scheduledFor, signal }) {
      begun.push('a run');
      const write = (what: string) => chunk(what, async ({ tx }) => void (await tx`insert into written values (${scheduledFor}, 1, ${what})`));
      await write('a');
      await sql`select pg_sleep(1)`; // five leases
      expect(signal.aborted).toBe(false);
      await write('b');
    },
  }, 1);
  const first = work({ leaseMs: 200 });
  await until('the first piece is done', async () => (await written()).length === 1);
  await sql`select pg_sleep(0.4)`; // two leases
  await work({ leaseMs: 200 });
  await first;
  expect(begun).toHaveLength(1);
  expect(await written()).toEqual(['a', 'b']);
});

test('what failed within a piece leaves nothing of the piece', async () => {
  const { work, written } = await openJob({
    async run({ chunk, scheduledFor }) {
      await chunk('a', async ({ tx }) => {
        await tx`insert into written values (${scheduledFor}, 1, 'a')`;
        throw new Error('late');
      });
    },
  }, 1);
  await work();
  expect(await written()).toEqual([]);
});

test('a job that is paused passes its slots over, and they are in the ledger', async () => {
  const { sql, work, ledger, written } = await openJob({ catchUp: 'all', run: once }, 2);
  await sql`update job set paused_at = now(), paused_reason = 'a test'`;
  await work();
  expect(new Set(await ledger())).toEqual(new Set(['skipped: paused']));
  expect(await written()).toEqual([]);
});

test('where the policy says so, a slot whose time comes while another is at work is skipped', async () => {
  const { sql, work, ledger } = await openJob({ catchUp: 'all', overlap: 'skip', run: once }, 1);
  await sql`
    insert into job_run (job_name, scheduled_for, outcome, started_at, finished_at)
    values ('hourly', ${hoursAgo(3)}, 'done', ${hoursAgo(3)}, now() + interval '1 minute')
  `;
  await work();
  expect((await ledger()).slice(1)).toEqual((await ledger()).slice(1).map(() => 'skipped: another was at work'));
});
