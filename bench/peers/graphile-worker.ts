import { EventEmitter } from 'node:events';
import { createDatabase } from '../database.ts';
import { seconds, type Servers } from '../world.ts';
import { loadGraphileWorker, loadPool } from './packages.ts';
import { assertEffects, createEffects, jobs, type Peer } from './peer.ts';

const AT_ONCE = 24;
const LOCAL_QUEUE = 500;
const COMPLETE_AFTER_MS = 5;
const TASK = 'effect';

/** Opens graphile-worker with a local queue and batched completion. Each job inserts its effect. */
export async function openGraphileWorker({ databaseUrl }: Servers): Promise<Peer> {
  await using stack = new AsyncDisposableStack();
  const { url: connectionString } = stack.use(await createDatabase(databaseUrl));
  const pool = stack.adopt(await loadPool(connectionString, 2), (opened) => opened.end());
  const { run, runMigrations, Logger } = await loadGraphileWorker();
  await runMigrations({ connectionString });
  await createEffects(pool);
  const events = new EventEmitter();
  const worker = {
    connectionString, events, concurrentJobs: AT_ONCE, maxPoolSize: AT_ONCE + 2, pollInterval: 100,
    localQueue: { size: LOCAL_QUEUE }, completeJobBatchDelay: COMPLETE_AFTER_MS,
    logger: new Logger(() => () => undefined),
  };
  const taskList = {
    [TASK]: ({ eventId }: { readonly eventId: string }, { query }: { query: typeof pool.query }) =>
      query('insert into bench_effect values ($1)', [eventId]),
  };
  let total = 0;
  const open = stack.move();
  return {
    name: `graphile-worker, ${AT_ONCE} at once`,
    async round(count) {
      await pool.query(
        `select graphile_worker.add_job('${TASK}', payload) from json_array_elements($1::json) as payload`,
        [JSON.stringify([...jobs(count)])],
      );
      await pool.query('analyze');
      let runner: { stop(): Promise<void> } | undefined;
      const took = await seconds(async () => {
        const completion = completionOf(events, count);
        runner = await run({ preset: { worker }, taskList });
        await completion;
      });
      await runner?.stop();
      total += count;
      await assertEffects(pool, total);
      return count / took;
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

/** Resolves when `count` more jobs are completed. */
function completionOf(events: EventEmitter, count: number): Promise<void> {
  const completion = Promise.withResolvers<void>();
  let completed = 0;
  const complete = () => {
    completed += 1;
    if (completed < count) return;
    events.off('job:complete', complete);
    completion.resolve();
  };
  events.on('job:complete', complete);
  return completion.promise;
}
