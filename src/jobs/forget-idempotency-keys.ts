import { defineJob } from '../kernel/job.ts';
import { forgetKeys } from '../store/idempotency-keys.ts';

const HOURS_KEPT = 48; // clients are promised a day

/** Forgets answers that no client will ask for again. */
export const forgetIdempotencyKeys = defineJob<object>({
  name: 'forget-idempotency-keys', // lives in the ledger: never rename
  schedule: { everyMs: 3_600_000 },

  async run({ chunk, log }) {
    await chunk('keys', async ({ tx }) => {
      const forgotten = await forgetKeys(tx, HOURS_KEPT);
      if (forgotten > 0) log.info({ forgotten }, 'keys forgotten');
    });
  },
});
