import type { Sql, Tx } from '../../src/platform/postgres.ts';
import { transaction } from '../../src/platform/transaction.ts';
import { until } from './until.ts';

interface Race {
  /** Takes the locks that the racers will wait for. */
  hold(tx: Tx): Promise<unknown>;
  /** How many racers must wait before they are let go. */
  readonly racers: number;
}

/** Runs requests that meet at a lock, all of them there before the first goes on: what they do is sure to overlap. */
export async function race<T>(sql: Sql, { hold, racers }: Race, run: () => Promise<T>): Promise<T> {
  const [held, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const holding = transaction(sql, async (tx) => {
    await hold(tx);
    held.resolve();
    await released.promise;
  });
  await Promise.race([held.promise, holding]);
  const running = run();
  await until(`${racers} wait for a lock`, async () => {
    const waiting = await sql`
      select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
    `;
    return waiting.length >= racers;
  }).finally(released.resolve);
  await holding;
  return running;
}
