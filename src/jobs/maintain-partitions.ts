import { defineJob } from '../kernel/jobs/job.ts';
import { analyzePartitions, maintainPartitions as maintain } from '../outbox/partitions.ts';

/** Makes the outbox's days ahead, drops those that nobody needs any more, and keeps the planner informed of the rest. */
export const maintainPartitions = defineJob<object>({
  name: 'maintain-partitions', // lives in the ledger: never rename
  schedule: { everyMs: 3_600_000 },

  // Each day is made and dropped in a transaction of its own, by a lock of its own: a fence would add nothing.
  async run({ sql, log, scheduledFor }) {
    const dropped = await maintain(sql, scheduledFor);
    if (dropped.length > 0) log.info({ dropped }, 'days dropped');
    await analyzePartitions(sql);
  },
});
