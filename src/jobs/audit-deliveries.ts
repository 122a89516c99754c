import { defineJob } from '../kernel/jobs/job.ts';
import { auditDay, listDaysToAudit } from '../outbox/audit.ts';

/** Audits every delivery of the days that were not settled when last audited: each must have its place. */
export const auditDeliveries = defineJob<object>({
  name: 'audit-deliveries', // lives in the ledger: never rename
  schedule: { cron: '30 3 * * *', timeZone: 'America/Mexico_City' },

  async run({ sql, chunk, log }) {
    for (const { consumer, days } of await listDaysToAudit(sql)) {
      for (const day of days) {
        await chunk(`${consumer} ${day.toISOString().slice(0, 10)}`, async ({ tx }) => {
          const deliveries = await auditDay(tx, consumer, day);
          if (deliveries > 0) log.error({ consumer, day, deliveries }, 'deliveries were in no place: they wait again');
        });
      }
    }
  },
});
