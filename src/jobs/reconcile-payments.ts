import { paymentMismatchFound } from '../events/payment-mismatch-found.ts';
import { defineJob } from '../kernel/job.ts';
import { announceMismatches, reconcileReport } from '../store/payment-mismatches.ts';
import { listUnreconciled } from '../store/settlements.ts';
import { inParts } from './in-parts.ts';

const AT_ONCE = 1_000;

/** Holds our payments against what providers report that they settled. */
export const reconcilePayments = defineJob<object>({
  name: 'reconcile-payments', // lives in the ledger: never rename
  schedule: { cron: '10 * * * *', timeZone: 'America/Mexico_City' },
  whenPaused: 'hold',

  async run({ sql, chunk, scheduledFor: now }) {
    for (const reportId of await listUnreconciled(sql)) {
      await chunk(`report ${reportId}`, ({ tx }) => reconcileReport(tx, reportId, now));
    }
    await inParts(chunk, { name: 'events', atOnce: AT_ONCE }, async ({ tx, append }) => {
      const mismatches = await announceMismatches(tx, now, AT_ONCE);
      await append(...mismatches.map((payload) => paymentMismatchFound({ occurredAt: now, payload })));
      return mismatches.length;
    });
  },
});
