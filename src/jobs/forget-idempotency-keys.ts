import { defineJob } from '../kernel/jobs/job.ts';
import { forgetKeys } from '../store/operations/idempotency-keys.ts';
import { inParts } from './in-parts.ts';

const HOURS_KEPT = 48; // clients are promised a day
const AT_ONCE = 10_000; // about 10 ms

/** Forgets answers that no client will ask for again. */
export const forgetIdempotencyKeys = defineJob<object>({
  name: 'forget-idempotency-keys', // lives in the ledger: never rename
  schedule: { everyMs: 3_600_000 },

  async run({ chunk, log }) {
    await inParts(chunk, { name: 'keys', atOnce: AT_ONCE }, async ({ tx }) => {
      const forgotten = await forgetKeys(tx, HOURS_KEPT, AT_ONCE);
      if (forgotten > 0) log.info({ forgotten }, 'keys forgotten');
      return forgotten;
    });
  },
});
