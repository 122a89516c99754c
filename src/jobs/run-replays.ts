import { toError } from '../events/contract/errors.ts';
import { fingerprint } from '../kernel/fingerprint.ts';
import { defineJob, type RunContext } from '../kernel/jobs/job.ts';
import type { Replayer } from '../kernel/consumers/replay.ts';
import { isUnavailable } from '../platform/unavailable.ts';
import type { Sql } from '../platform/postgres.ts';
import { transaction } from '../platform/transaction.ts';
import {
  countWindow, listOpenReplays, moveReplay, nextInWindow, type Replay, type ReplayReport, saveReplayed, saveReport, watchWrites,
} from '../kernel/consumers/replay-requests.ts';

const AT_ONCE = 200;
const MOST_TRIED = 5_000; // a trial holds what it touches until it is rolled back
const TRIAL_MS = 60_000;
const FIRST = '00000000-0000-0000-0000-000000000000';

interface Ports {
  /** By consumer; one that forbids it is absent. */
  readonly replayers?: ReadonlyMap<string, Replayer> | undefined;
}

/** Tries out what operators want replayed, and replays what they confirmed. */
export const runReplays = defineJob<Ports>({
  name: 'run-replays', // lives in the ledger: never rename
  schedule: { everyMs: 5_000 },

  async run({ ports: { replayers }, ...context }) {
    for (const replay of await listOpenReplays(context.sql)) {
      const replayer = replayers?.get(replay.consumer);
      if (replayer === undefined) await fail(context, replay, 'the consumer forbids it');
      else if (replay.state === 'asked') await tryOut(context, replay, replayer);
      else await goOn(context, replay, replayer);
    }
  },
});

type Context = Pick<RunContext<object>, 'sql' | 'chunk'>;

async function tryOut({ sql, chunk }: Context, replay: Replay, replayer: Replayer): Promise<void> {
  const report = await trial(sql, replay, replayer);
  await chunk(`trial of ${replay.id}`, ({ tx }) => saveReport(tx, replay.id, report));
}

/** Handles the oldest events of the window for real, and rolls it all back. */
async function trial(sql: Sql, replay: Replay, replayer: Replayer): Promise<ReplayReport> {
  const window = await countWindow(sql, replay);
  const following: Record<string, number> = {};
  let tried = 0;
  let tables: ReplayReport['tables'] = {};
  const rollBack = new Error('rolled back');
  const failure = await transaction(sql, async (tx) => {
    const written = await watchWrites(tx);
    const ids = await nextInWindow(tx, replay, { after: FIRST, limit: MOST_TRIED });
    for (let at = 0; at < ids.length; at += AT_ONCE) {
      const some = ids.slice(at, at + AT_ONCE);
      for (const type of await replayer(tx, some)) following[type] = (following[type] ?? 0) + 1;
      tried += some.length;
    }
    tables = await written();
    throw rollBack;
  }, { timeoutMs: TRIAL_MS }).catch(reasonOf);
  return { ...window, tried, tables, following, failure };

  function reasonOf(error: unknown): string | undefined {
    if (error === rollBack) return undefined;
    if (isUnavailable(error)) throw error;
    return fingerprint(toError(error)).error;
  }
}

/** Replays piece by piece until the window's end, or the first event that can't be handled. */
async function goOn(context: Context, replay: Replay, replayer: Replayer): Promise<void> {
  for (let after = replay.position; ; ) {
    const ids = await nextInWindow(context.sql, replay, { after, limit: AT_ONCE });
    const position = ids.at(-1);
    if (position === undefined) {
      return context.chunk(`end of ${replay.id}`, async ({ tx }) => void (await moveReplay(tx, replay.id, { states: ['running'], to: 'done' })));
    }
    try {
      await context.chunk(`${replay.id} after ${after}`, async ({ tx }) => {
        await replayer(tx, ids);
        if (!(await saveReplayed(tx, replay.id, { position, handled: ids.length }))) throw new Cancelled();
      });
    } catch (error) {
      if (error instanceof Cancelled) return;
      if (isUnavailable(error) || !(error instanceof Error) || ['RunLost', 'RunStopped'].includes(error.name)) throw error;
      return fail(context, replay, fingerprint(error).error);
    }
    after = position;
  }
}

function fail({ chunk }: Context, { id }: Replay, failure: string): Promise<void> {
  return chunk(`failure of ${id}`, async ({ tx }) => void (await moveReplay(tx, id, { states: ['asked', 'running'], to: 'failed', failure })));
}

/** The operator has cancelled it meanwhile. */
class Cancelled extends Error {
  override readonly name = 'Cancelled';
}
