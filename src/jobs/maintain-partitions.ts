import { defineJob } from '../kernel/job.ts';
import { analyzePartitions, maintainPartitions as maintain } from '../outbox/partitions.ts';

/** Makes the outbox's days ahead, drops those that nobody needs any more, and keeps the planner informed of the rest. */
export const maintainPartitions = defineJob({
  name: 'maintain-partitions',
  everyMs: 3_600_000,

  async run({ sql, log, now }) {
    const dropped = await maintain(sql, now);
    if (dropped.length > 0) log.info({ dropped }, 'days dropped');
    await analyzePartitions(sql);
  },
});
