import { defineJob } from '../kernel/job.ts';
import { auditDay, listAudited } from '../outbox/audit.ts';

/** Looks at every delivery there is, each night: also at those that the sweep has long verified. */
export const auditDeliveries = defineJob<object>({
  name: 'audit-deliveries', // lives in the ledger: never rename
  schedule: { cron: '30 3 * * *', timeZone: 'America/Mexico_City' },

  async run({ sql, chunk, log }) {
    for (const { consumer, days } of await listAudited(sql)) {
      for (const day of days) {
        await chunk(`${consumer} ${day.toISOString().slice(0, 10)}`, async ({ tx }) => {
          const deliveries = await auditDay(tx, consumer, day);
          if (deliveries > 0) log.error({ consumer, day, deliveries }, 'verified deliveries are missing: the sweep begins from them again');
        });
      }
    }
  },
});
