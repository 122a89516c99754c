import { defineJob } from '../kernel/jobs/job.ts';
import { correctFigures, readLateDays } from '../store/analytics/daily-metric-differences.ts';
import { factSources } from '../store/analytics/daily-metric-facts.ts';

const CONSUMER = 'count-daily-metrics';

/**
 * Holds the figures of the days that ended since the last slot against the facts, and of earlier days those for which
 * something came late. A day is the tenant's own, so it ends at some hour of the period.
 */
export const updateDailyMetrics = defineJob<object>({
  name: 'update-daily-metrics', // lives in the ledger: never rename
  schedule: { cron: '0 2 * * *', timeZone: 'America/Mexico_City' },
  covers: 'since the last',
  catchUp: 'all',

  async run({ sql, log, chunk, period, scheduledFor: slot }) {
    const late = await readLateDays(sql, period);
    for (const source of factSources) {
      await chunk(source.name, async ({ tx }) => {
        const itsLate = late.filter(({ type }) => source.types.includes(type));
        const corrected = await correctFigures(tx, { source, consumer: CONSUMER, period, late: itsLate, slot });
        if (corrected > 0) log.warn({ figures: source.name, corrected }, 'figures were not what the facts say');
      });
    }
  },
});
