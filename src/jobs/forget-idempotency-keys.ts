import { defineJob } from '../kernel/job.ts';
import { forgetKeys } from '../store/idempotency-keys.ts';

const HOURS_KEPT = 48; // clients are promised a day

/** Forgets answers that no client will ask for again. */
export const forgetIdempotencyKeys = defineJob({
  name: 'forget-idempotency-keys',
  everyMs: 3_600_000,

  async run({ sql, log }) {
    const forgotten = await forgetKeys(sql, HOURS_KEPT);
    if (forgotten > 0) log.info({ forgotten }, 'keys forgotten');
  },
});
