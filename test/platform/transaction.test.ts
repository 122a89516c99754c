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
