import { defineJob } from '../kernel/jobs/job.ts';
import { beginGeneration, isRanked, orderZones, publishGeneration } from '../store/ranking/ranking-generations.ts';

const PARTS = 8; // pieces of a run between which it can stop

/** Ranks the visible listings of verified tenants in each zone, as of the slot's time. */
export const recalculateRanking = defineJob<object>({
  name: 'recalculate-ranking', // lives in the ledger: never rename
  schedule: { cron: '*/15 * * * *', timeZone: 'America/Mexico_City' },
  catchUp: 'latest',
  overlap: 'skip',

  // A ranking that was shown is never changed, so a slot that runs again has nothing to do.
  async run({ sql, chunk, scheduledFor }) {
    if (await isRanked(sql, scheduledFor)) return;
    await chunk('scores', ({ tx }) => beginGeneration(tx, scheduledFor, PARTS));
    for (let part = 0; part < PARTS; part += 1) {
      await chunk(`zones ${part + 1} of ${PARTS}`, ({ tx }) => orderZones(tx, scheduledFor, part));
    }
    await chunk('publish', ({ tx }) => publishGeneration(tx, scheduledFor));
  },
});
