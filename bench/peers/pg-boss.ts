import { createDatabase } from '../database.ts';
import { seconds, type Servers } from '../world.ts';
import { loadPgBoss, loadPool, type PgBoss, type Pool } from './packages.ts';
import { assertEffects, createEffects, jobs, type Peer } from './peer.ts';

const QUEUE = 'bench';
const WORKERS = 2;
const INSERT = 1_000;

/**
 * Opens pg-boss with two workers. Each fetches a batch, and inserts the effects and completes the jobs of the batch in
 * one transaction.
 */
export async function openPgBoss({ databaseUrl }: Servers, batchSize: number): Promise<Peer> {
  await using stack = new AsyncDisposableStack();
  const { url } = stack.use(await createDatabase(databaseUrl));
  const boss = stack.adopt(await loadPgBoss(url), (opened) => opened.stop());
  const pool = stack.adopt(await loadPool(url, WORKERS), (opened) => opened.end());
  await boss.start();
  await boss.createQueue(QUEUE);
  await createEffects(pool);
  let total = 0;
  const open = stack.move();
  return {
    name: `pg-boss, transactional batches of ${batchSize}`,
    async round(count) {
      const added = [...jobs(count)];
      for (let from = 0; from < count; from += INSERT) {
        await boss.insert(QUEUE, added.slice(from, from + INSERT).map((data) => ({ data })));
      }
      await pool.query('analyze');
      const work = () => drain({ boss, pool }, batchSize);
      const took = await seconds(() => Promise.all(Array.from({ length: WORKERS }, work)));
      total += count;
      await assertEffects(pool, total);
      return count / took;
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

async function drain({ boss, pool }: { readonly boss: PgBoss; readonly pool: Pool }, batchSize: number): Promise<void> {
  const client = await pool.connect();
  const db = { executeSql: (text: string, values?: unknown[]) => client.query(text, values) };
  for (;;) {
    const batch = await boss.fetch<{ readonly eventId: string }>(QUEUE, { batchSize });
    if (batch.length === 0) break;
    await client.query('begin');
    const eventIds = batch.map(({ data }) => data.eventId);
    await client.query('insert into bench_effect select * from unnest($1::uuid[])', [eventIds]);
    await boss.complete(QUEUE, batch.map(({ id }) => id), undefined, { db });
    await client.query('commit');
  }
  client.release();
}
