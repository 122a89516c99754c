import { defineJob } from '../kernel/jobs/job.ts';
import { pruneRuns } from '../kernel/jobs/slot-ledger.ts';

const DAYS_KEPT = 400; // a year's monthly slots, and then some
const RHYTHM_DAYS_KEPT = 2; // what comes every few seconds and went well is no history

/** Drops what the ledger need not keep. */
export const pruneJobLedger = defineJob<object>({
  name: 'prune-job-ledger', // lives in the ledger: never rename
  schedule: { cron: '45 3 * * *', timeZone: 'America/Mexico_City' },

  async run({ chunk, scheduledFor, log }) {
    await chunk('runs', async ({ tx }) => {
      const dropped = await pruneRuns(tx, { now: scheduledFor, days: DAYS_KEPT, rhythmDays: RHYTHM_DAYS_KEPT });
      if (dropped > 0) log.info({ dropped }, 'slots dropped from the ledger');
    });
  },
});
