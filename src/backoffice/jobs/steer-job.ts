import { outdated, Problem, unprocessable } from '../../api/http/problem.ts';
import type { Job } from '../../kernel/jobs/job.ts';
import { isMostlyIn, wholePeriod } from '../../kernel/jobs/job-period.ts';
import { slotsBetween } from '../../kernel/jobs/schedule.ts';
import type { Db } from '../../platform/postgres.ts';
import { setDigest } from '../../platform/set-digest.ts';
import { hasSlot, listTakenSlots, pauseJob, requestSlots, resumeJob } from '../../kernel/jobs/slot-ledger.ts';
import type { Recording } from '../kit/recording.ts';

const MOST_SLOTS = 1_000;

/** Asks for a slot, again where it was run before; the record's id comes back. @throws {Problem} 409, 422 */
export async function runSlotNow(
  { tx, now, record }: Recording,
  { name, schedule }: Job<object>,
  { slot, reason }: { readonly slot: Date; readonly reason: string },
): Promise<string> {
  const [found] = slotsBetween(schedule, { after: new Date(slot.getTime() - 1), until: slot, limit: 1 });
  const isSlot = found?.getTime() === slot.getTime() || (await hasSlot(tx, name, slot));
  if (!isSlot || slot > now) throw unprocessable('/slot', 'is not a slot of the job that is due');
  const actionId = await record('run-job', { name, slot: slot.toISOString(), reason });
  if ((await requestSlots(tx, name, [slot], actionId)) === 0) throw new Problem(409, 'The slot is running.');
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
  const slots = await slotsIn(tx, job, { from, to }, now);
  if (slots.length !== count) throw outdated(`Nothing was changed: there are now ${slots.length} slots, not ${count}. Look again.`);
  if (digestOfSlots(slots) !== digest) throw outdated('Nothing was changed: the slots are not those shown. Look again.');
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
  if (!(await changes[action](tx, name, reason))) throw new Problem(409, 'The job is in that state already, or the release has not registered it.');
  return record(action, { name, reason });
}

interface Span {
  readonly from: Date;
  readonly to: Date;
}

/**
 * Lists the job's slots of a time that has come: those that were taken, and those of its schedule whose period no other
 * slot has covered. A rhythm has none to be made up for. @throws {Problem} 409, 422
 */
export async function slotsIn(db: Db, job: Job<object>, { from, to }: Span, now: Date): Promise<readonly Date[]> {
  if ('everyMs' in job.schedule) throw new Problem(409, 'The job runs at an interval, so it has no slots to backfill.');
  if (to <= from) throw unprocessable('/to', 'must be after from');
  const until = to < now ? to : now;
  const planned = slotsBetween(job.schedule, { after: from, until, limit: MOST_SLOTS + 1 });
  const periods = planned.map((scheduledFor) => ({ scheduledFor, whole: wholePeriod(job, { scheduledFor, timeZone: null }) }));
  const within = { start: periods[0]?.whole.start ?? from, end: periods.at(-1)?.whole.end ?? from };
  const taken = await listTakenSlots(db, job.name, { from, to: until, within });
  const open = periods.filter(({ scheduledFor, whole }) => !taken.some((slot) =>
    slot.scheduledFor.getTime() !== scheduledFor.getTime() && isMostlyIn(job, whole, slot)));
  const again = taken.map(({ scheduledFor }) => scheduledFor).filter((slot) => slot > from && slot <= until);
  const slots = [...new Set([...open.map(({ scheduledFor }) => scheduledFor), ...again].map((slot) => slot.getTime()))];
  if (slots.length > MOST_SLOTS) throw unprocessable('/to', `makes more than ${MOST_SLOTS} slots`);
  return slots.sort((one, other) => one - other).map((slot) => new Date(slot));
}
