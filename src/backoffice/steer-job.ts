import { Problem, unprocessable } from '../api/problem.ts';
import type { Job } from '../kernel/job.ts';
import { slotsBetween } from '../kernel/schedule.ts';
import { setDigest } from '../platform/set-digest.ts';
import { pauseJob, requestSlots, resumeJob } from '../store/job-ledger.ts';
import type { Recording } from './recording.ts';

const MOST_SLOTS = 1_000;

/** Asks for a slot, again where it was run before; the record's id comes back. @throws {Problem} 409, 422 */
export async function runSlotNow(
  { tx, now, record }: Recording,
  { name, schedule }: Job<object>,
  { slot, reason }: { readonly slot: Date; readonly reason: string },
): Promise<string> {
  const [found] = slotsBetween(schedule, { after: new Date(slot.getTime() - 1), until: slot, limit: 1 });
  if (found?.getTime() !== slot.getTime() || slot > now) throw unprocessable('/slot', 'is no slot of the job that has come');
  const actionId = await record('run-job', { name, slot: slot.toISOString(), reason });
  if ((await requestSlots(tx, name, [slot], actionId)) === 0) throw new Problem(409, 'The slot is at work now.');
  return actionId;
}

export interface Backfill {
  readonly from: Date;
  readonly to: Date;
  /** What the preview said. */
  readonly count: number;
  readonly digest: string;
  readonly reason: string;
}

/** Returns the digest of a set of slots. */
export const digestOfSlots = (slots: readonly Date[]): string => setDigest(slots.map((slot) => slot.toISOString()));

/** Asks for every slot of a time that has come. @throws {Problem} 409, 422 */
export async function backfillSlots(
  { tx, now, record }: Recording,
  job: Job<object>,
  { from, to, count, digest, reason }: Backfill,
): Promise<{ readonly actionId: string; readonly requested: number }> {
  const slots = slotsIn(job, { from, to }, now);
  if (slots.length !== count) throw new Problem(409, `Nothing was changed: there are now ${slots.length} slots, not ${count}.`);
  if (digestOfSlots(slots) !== digest) throw new Problem(409, 'Nothing was changed: the slots are others than those shown.');
  const actionId = await record('backfill-job', { name: job.name, from: from.toISOString(), to: to.toISOString(), count, reason });
  return { actionId, requested: await requestSlots(tx, job.name, slots, actionId) };
}

const changes = { 'pause-job': pauseJob, 'resume-job': resumeJob } as const;

/** Pauses a job or goes on with it; the record's id comes back. @throws {Problem} 409 */
export async function pauseOrResume(
  { tx, record }: Recording,
  { name }: Job<object>,
  { action, reason }: { readonly action: keyof typeof changes; readonly reason: string },
): Promise<string> {
  if (!(await changes[action](tx, name, reason))) throw new Problem(409, 'The job is in that state already, or the release has not made it known.');
  return record(action, { name, reason });
}

/** The job's slots of a time that has come. A rhythm has none to be made up for. @throws {Problem} 409, 422 */
export function slotsIn({ schedule }: Job<object>, { from, to }: { readonly from: Date; readonly to: Date }, now: Date): readonly Date[] {
  if ('everyMs' in schedule) throw new Problem(409, 'The job keeps a rhythm: there is nothing to make up for.');
  if (to <= from) throw unprocessable('/to', 'must be after from');
  const until = to < now ? to : now;
  const slots = slotsBetween(schedule, { after: from, until, limit: MOST_SLOTS + 1 });
  if (slots.length > MOST_SLOTS) throw unprocessable('/to', `makes more than ${MOST_SLOTS} slots`);
  return slots;
}
