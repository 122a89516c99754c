import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { openPostgres } from '../../src/platform/postgres.ts';
import { transaction, TransactionLost } from '../../src/platform/transaction.ts';
import { createDatabase } from '../support/database.ts';

test('a transaction commits what its callback wrote, and its value comes back', async () => {
  const { sql } = await createDatabase();
  await sql`create table mark (id integer primary key)`;
  expect(await transaction(sql, async (tx) => (await tx`insert into mark values (1) returning id`)[0]?.['id'])).toBe(1);
  expect(await sql`select id from mark`).toEqual([{ id: 1 }]);
});

test('a transaction whose callback throws leaves nothing and passes the error on', async () => {
  const { sql } = await createDatabase();
  await sql`create table mark (id integer primary key)`;
  const failing = transaction(sql, async (tx) => {
    await tx`insert into mark values (1)`;
    throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  expect(await sql`select id from mark`).toEqual([]);
});

test('a callback that outlives its transaction cannot write any more', async () => {
  const { sql } = await createDatabase();
  await sql`create table mark (id integer primary key)`;
  const gate = Promise.withResolvers<void>();
  const late = Promise.withResolvers<unknown>();
  await transaction(sql, async (tx) => {
    void gate.promise.then(() => tx`insert into mark values (1)`).then(late.resolve, late.resolve);
  });
  gate.resolve();
  expect(await late.promise).toBeInstanceOf(TransactionLost);
  expect(await sql`select id from mark`).toEqual([]);
});

test('a transaction that does not end in time is given up and never commits', async () => {
  const { sql } = await createDatabase();
  await sql`create table mark (id integer primary key)`;
  const gate = Promise.withResolvers<void>();
  const slow = transaction(
    sql,
    async (tx) => {
      await tx`insert into mark values (1)`;
      await gate.promise;
      await tx`insert into mark values (2)`;
    },
    { timeoutMs: 100 },
  );
  await expect(slow).rejects.toThrow(TransactionLost);
  gate.resolve();
  expect(await sql`select id from mark`).toEqual([]);
});

test.for([
  ['40P01', 2, 3, 'done'], ['40001', 2, 3, 'done'], ['40001', 1, 2, '40001'], ['40001', undefined, 1, '40001'],
  ['23505', 2, 1, '23505'],
] as const)('work that meets %s and may run again %s times runs %d times', async ([code, reruns, runs, outcome]) => {
  const { sql } = await createDatabase();
  await sql`create table mark (id integer primary key)`;
  let ran = 0;
  const done = transaction(sql, async (tx) => {
    ran += 1;
    await tx`insert into mark values (1)`;
    if (ran < 3) await tx.unsafe(`do $$ begin raise exception using errcode = '${code}'; end $$`);
    return 'done';
  }, reruns === undefined ? {} : { reruns });
  expect(await done.catch((error: { code: string }) => error.code)).toBe(outcome);
  expect(ran).toBe(runs);
  expect((await sql`select from mark`).length).toBe(outcome === 'done' ? 1 : 0);
});

test('two transactions in a deadlock both commit when they may run again', async () => {
  const { sql } = await createDatabase();
  await sql`create table mark (id integer primary key, value integer)`;
  await sql`insert into mark values (1, 0), (2, 0)`;
  const both = Promise.withResolvers<void>();
  let begun = 0;
  const add = (first: number, second: number) => transaction(sql, async (tx) => {
    await tx`update mark set value = value + 1 where id = ${first}`;
    begun += 1;
    if (begun === 2) both.resolve();
    await both.promise;
    await tx`update mark set value = value + 1 where id = ${second}`;
  }, { reruns: 3 });
  await Promise.all([add(1, 2), add(2, 1)]);
  expect(begun).toBeGreaterThan(2);
  expect(await sql`select value from mark`).toEqual([{ value: 2 }, { value: 2 }]);
});

test('a storm of killed backends leaves no stray row, no partial row and no uncaught error', { timeout: 60_000 }, async () => {
  const ROUNDS = 1_000;
  const { sql, url } = await createDatabase();
  await sql`create table pair (id integer not null, half integer not null, primary key (id, half))`;
  const pool = openPostgres({ url, name: 'stormed', connections: 8 });
  const uncaught: unknown[] = [];
  const catchAll = (error: unknown) => uncaught.push(error);
  process.on('uncaughtException', catchAll).on('unhandledRejection', catchAll);

  let over = false;
  let kills = 0;
  const storm = (async () => {
    while (!over) {
      const [row] = await sql<{ killed: number }[]>`
        select count(pg_terminate_backend(pid))::integer as killed from pg_stat_activity
        where application_name = 'stormed' and datname = current_database() and random() < 0.3
      `;
      kills += row?.killed ?? 0;
      await sleep(15);
    }
  })();

  const outcomes = new Map<number, 'committed' | 'unknown'>();
  let next = 0;
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      while (next < ROUNDS) {
        const id = next++;
        try {
          await transaction(pool, async (tx) => {
            await tx`insert into pair values (${id}, 1)`;
            await tx`select pg_sleep(0.001)`;
            await tx`insert into pair values (${id}, 2)`;
          });
          outcomes.set(id, 'committed');
        } catch {
          outcomes.set(id, 'unknown');
        }
      }
    }),
  );
  over = true;
  await storm;
  await pool.end({ timeout: 5 });
  process.off('uncaughtException', catchAll).off('unhandledRejection', catchAll);

  const rows = await sql<{ id: number; halves: number }[]>`select id, count(*)::integer as halves from pair group by id`;
  const found = new Map(rows.map(({ id, halves }) => [id, halves]));
  const committed = [...outcomes].filter(([, outcome]) => outcome === 'committed');
  expect(kills).toBeGreaterThan(20);
  expect(committed.length).toBeGreaterThan(ROUNDS / 10);
  expect(rows.filter(({ halves }) => halves !== 2)).toEqual([]);
  expect(committed.filter(([id]) => found.get(id) !== 2)).toEqual([]);
  expect(uncaught).toEqual([]);
});
