import { outdated, Problem, unprocessable } from '../../api/http/problem.ts';
import { oldestProvenDay } from '../../outbox/partitions.ts';
import type { Tx } from '../../platform/postgres.ts';
import { countWindow, insertReplay, moveReplay, readReplay, type ReplayState, type Window } from '../../kernel/consumers/replay-requests.ts';

const OTHER_EVENTS = 'Nothing was changed: the window holds other events now than the trial showed. Try the replay again.';

/**
 * Asks for a replay's trial.
 * @throws {Problem} 422 for a consumer that forbids it, or a window that is not wholly past or of which it is no longer
 * known what was consumed.
 */
export async function askReplay(tx: Tx, id: string, { now, ...window }: Window & { readonly now: Date }): Promise<void> {
  const [consumer] = await tx<{ may: boolean }[]>`
    select kind = 'reaction' and replay <> 'forbidden' as may from consumer where name = ${window.consumer}
  `;
  if (consumer?.may !== true) throw unprocessable('/consumer', 'is not a consumer that can be replayed');
  if (window.to <= window.from) throw unprocessable('/to', 'must be after from');
  if (window.to > now) throw unprocessable('/to', 'must be in the past');
  const proven = await oldestProvenDay(tx);
  if (proven === undefined || window.from < proven) {
    throw unprocessable('/from', `must not be before ${proven?.toISOString().slice(0, 10) ?? 'what is kept'}; consumption before that is not known`);
  }
  await insertReplay(tx, id, window);
}

interface Steered {
  readonly before: ReplayState;
  readonly after: ReplayState;
}

/**
 * Sets a tried replay running, or one that broke off going on from there.
 * @throws {Problem} 409 when the window holds other events than the trial showed
 */
export async function confirmReplay(tx: Tx, id: string): Promise<Steered> {
  const steered = await steer(tx, id, { states: ['tried', 'failed'], to: 'running' });
  const replay = await readReplay(tx, id);
  const shown = replay?.report?.digest;
  if (steered.before !== 'tried' || replay === undefined || shown === undefined) return steered;
  if ((await countWindow(tx, replay)).digest !== shown) throw outdated(OTHER_EVENTS);
  return steered;
}

/** Ends a replay where it is; what it did stays done. @throws {Problem} 409 */
export const cancelReplay = (tx: Tx, id: string): Promise<Steered> => steer(tx, id, { states: ['asked', 'tried', 'running'], to: 'cancelled' });

async function steer(tx: Tx, id: string, move: { readonly states: readonly ReplayState[]; readonly to: ReplayState }): Promise<Steered> {
  const replay = await readReplay(tx, id);
  const isUntried = move.to === 'running' && (replay?.report == null || replay.report.failure !== undefined);
  if (replay === undefined || isUntried || !(await moveReplay(tx, id, move))) throw new Problem(409, 'The replay’s state does not allow this any more.');
  return { before: replay.state, after: move.to };
}
