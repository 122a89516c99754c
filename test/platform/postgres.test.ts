import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { copyInto } from '../../src/platform/copy-into.ts';
import { openPostgres, type PostgresOptions, type Sql } from '../../src/platform/postgres.ts';
import { transaction, TransactionLost } from '../../src/platform/transaction.ts';
import { isUnavailable } from '../../src/platform/unavailable.ts';
import { createDatabase } from '../support/database.ts';
import { openProxy } from '../support/proxy.ts';
import { until } from '../support/until.ts';

const FAST = { suspectMs: 300, lookMs: 100 };
const CONNECTIONS = 8;

/** A pool behind a proxy, all of whose connections are open. */
async function world(options: Partial<PostgresOptions> = {}) {
  const { sql: direct, url } = await createDatabase();
  const proxy = await openProxy(url);
  const pool = openPostgres({ url: proxy.url, name: 'watched', connections: CONNECTIONS, limits: FAST, ...options });
  onTestFinished(() => pool.end({ timeout: 0 }));
  await openAll(pool);
  return { direct, proxy, pool };
}

const openAll = (pool: Sql) => Promise.all(Array.from({ length: CONNECTIONS }, () => pool`select pg_sleep(0.1)`));

/** Tries until it works, one try after the other, and returns how often it failed. */
async function failures(work: () => Promise<unknown>): Promise<number> {
  for (let failed = 0; ; failed++) {
    try {
      await work();
      return failed;
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      if (failed > 100) throw error;
    }
  }
}

test.for([
  ['a pool with short statements', {}],
  ['a pool whose statements may run ten minutes', { statementTimeoutMs: 600_000 }],
] as const)('%s leaves connections that carry nothing any more, all of them at the first', async ([, options]) => {
  const { proxy, pool } = await world(options);
  const beganAt = performance.now();
  expect(proxy.silence()).toBe(CONNECTIONS);
  expect(await failures(() => pool`select 1`.execute())).toBe(1);
  expect(await failures(() => openAll(pool))).toBe(0);
  expect(performance.now() - beganAt).toBeLessThan(5_000);
  expect(proxy.carrying).toBeGreaterThanOrEqual(CONNECTIONS);
});

test('a transaction whose connection goes silent fails soon, and the next has another connection', async () => {
  const { direct, proxy, pool } = await world();
  await direct`create table mark (id integer primary key)`;
  const beganAt = performance.now();
  const cut = transaction(pool, async (tx) => {
    await tx`insert into mark values (1)`;
    proxy.silence();
    await tx`insert into mark values (2)`;
  });
  await expect(cut).rejects.toSatisfy(isUnavailable);
  expect(await failures(() => transaction(pool, (tx) => tx`insert into mark values (3)`))).toBe(0);
  expect(performance.now() - beganAt).toBeLessThan(5_000);
  expect(await direct`select id from mark`).toEqual([{ id: 3 }]);
});

test('a statement that the server works on is left alone, however long it is silent', async () => {
  const { pool } = await world({ statementTimeoutMs: 600_000 });
  expect(await pool`select pg_sleep(2) is not null as slept`).toEqual([{ slept: true }]);
  const works = transaction(pool, async (tx) => {
    await tx`select pg_sleep(1)`;
    await sleep(500); // nothing is asked meanwhile
    return (await tx`select 1 as one`)[0]?.['one'];
  });
  expect(await works).toBe(1);
});

test('a copy whose source pauses is left alone', async () => {
  const { pool } = await world({ limits: { ...FAST, silenceMs: 600, restMs: 600 } });
  const lines = await transaction(pool, async (tx) => {
    await tx`create table line (what text)`;
    const into = await copyInto(tx`copy line from stdin`);
    into.write('a\n');
    await sleep(1_200);
    await pipeline(Readable.from(['b\n']), into);
    return (await tx`select from line`).length;
  });
  expect(lines).toBe(2);
});

test('where nobody can be asked, silence beyond the limit of a statement ends the connection', async () => {
  const { proxy, pool } = await world({ limits: { ...FAST, silenceMs: 1_500 } });
  proxy.setDeaf(true);
  proxy.silence();
  const failed = failures(() => pool`select 1`.execute());
  await sleep(2_500);
  proxy.setDeaf(false);
  expect(await failed).toBeGreaterThan(0);
});

test('a transaction that rests on a silent path gives its connection up', async () => {
  const { proxy, pool } = await world({ limits: { ...FAST, restMs: 500 } });
  const lost = transaction(pool, async (tx) => {
    await tx`select 1`;
    proxy.silence();
    await new Promise(() => undefined);
  });
  await expect(lost).rejects.toSatisfy(isUnavailable);
});

test('a transaction out of time takes its connection along', async () => {
  const { direct, pool } = await world();
  const pids: number[] = [];
  const slow = transaction(pool, async (tx) => {
    pids.push(Number((await tx`select pg_backend_pid() as pid`)[0]?.['pid']));
    await new Promise(() => undefined);
  }, { timeoutMs: 200 });
  await expect(slow).rejects.toThrow(TransactionLost);
  const sessions = () => direct`select from pg_stat_activity where pid = any(${pids}::integer[])`;
  await until('the server has ended the session', async () => (await sessions()).length === 0);
});

test('a pool on a path that went silent closes', async () => {
  const { proxy, pool } = await world();
  proxy.silence();
  const beganAt = performance.now();
  await pool.end({ timeout: 1 });
  expect(performance.now() - beganAt).toBeLessThan(2_000);
});

test.for([
  ['a query', (pool: Sql) => pool`insert into mark values (1)`],
  ['a query without a tag', (pool: Sql) => pool.unsafe('insert into mark values (1)')],
  ['a transaction', (pool: Sql) => transaction(pool, (tx) => tx`insert into mark values (1)`)],
] as const)('%s that meets a read-only server leaves its connection, and the next one writes', async ([, write]) => {
  const { direct, pool } = await world();
  await direct`create table mark (id integer)`;
  await Promise.all(Array.from({ length: CONNECTIONS }, () =>
    pool`select set_config('default_transaction_read_only', 'on', false), pg_sleep(0.1)`));
  expect(await failures(async () => void (await write(pool)))).toBeLessThan(CONNECTIONS);
  expect((await direct`select from mark`).length).toBe(1);
});
