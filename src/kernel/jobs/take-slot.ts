import type { Tx } from '../../platform/postgres.ts';
import { readCoveredUntil, savePeriod } from './slot-plan.ts';
import { type Hold, type Run, skipRun, takeRun } from './job-runs.ts';
import type { Job } from './job.ts';
import { nextPeriod, wholePeriod } from './job-period.ts';
import type { Period } from './schedule.ts';

/** A slot that begins later was caught up with. */
export const GRACE_MS = 60_000;

/** A slot that is to be run, and the time that it covers. */
export interface PeriodRun extends Run {
  readonly period: Period;
}

/** Takes the next slot that is due and has something to cover; what it covers is in the ledger from then on. */
export async function takeSlot<Ports>(tx: Tx, hold: Hold, job: Job<Ports>): Promise<PeriodRun | undefined> {
  for (;;) {
    const run = await takeRun(tx, hold, { ...job, graceMs: GRACE_MS });
    if (run === undefined) return undefined;
    if ('everyMs' in job.schedule) return { ...run, period: wholePeriod(job, run) };
    if (run.period !== undefined) return { ...run, period: run.period };
    const next = nextPeriod(job, run, await readCoveredUntil(tx, hold.jobName));
    if (next !== undefined) {
      await savePeriod(tx, hold, run, next);
      return { ...run, period: next.period };
    }
    await skipRun(tx, hold, run, 'its period was run before');
  }
}
