import { defineJob } from '../kernel/jobs/job.ts';
import { forgetBoundUses } from '../store/operations/bounds.ts';
import { inParts } from './in-parts.ts';

const AT_ONCE = 10_000;

/** Forgets the windows of bounds that ended more than a day ago. */
export const forgetBounds = defineJob<object>({
  name: 'forget-bounds', // lives in the ledger: never rename
  schedule: { everyMs: 3_600_000 },

  async run({ chunk }) {
    await inParts(chunk, { name: 'windows', atOnce: AT_ONCE }, ({ tx }) => forgetBoundUses(tx, AT_ONCE));
  },
});
