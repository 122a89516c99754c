import { paymentMismatchFound } from '../events/payment-mismatch-found.ts';
import { paymentMismatchResolved } from '../events/payment-mismatch-resolved.ts';
import { defineJob } from '../kernel/jobs/job.ts';
import { announceChanges } from '../store/payments/payment-mismatches.ts';
import { raiseEarlyRefunds } from '../store/payments/raise-mismatch.ts';
import { reconcileReport, reconcileUnsettled } from '../store/payments/reconciliation.ts';
import { listUnreconciled } from '../store/payments/settlements.ts';
import { inParts } from './in-parts.ts';

const AT_ONCE = 1_000;
const PAYMENTS_AT_ONCE = 10_000;
/** How long a refund may come before its capture. */
const EARLY_MS = 3_600_000;

interface Ports {
  /** Days that a provider has to settle a payment, by provider. */
  readonly settlementGraceDays?: Readonly<Record<string, number>> | undefined;
}

/** Compares our payments with what providers report that they settled, and tells each change of what does not agree. */
export const reconcilePayments = defineJob<Ports>({
  name: 'reconcile-payments', // lives in the ledger: never rename
  schedule: { cron: '10 * * * *', timeZone: 'America/Mexico_City' },
  whenPaused: 'hold',

  async run({ sql, ports: { settlementGraceDays: graceDays = {} }, chunk, scheduledFor: now }) {
    for (const reportId of await listUnreconciled(sql)) {
      await chunk(`report ${reportId}`, ({ tx }) => reconcileReport(tx, reportId, { now, graceDays }));
    }
    await inParts(chunk, { name: 'payments', atOnce: PAYMENTS_AT_ONCE }, ({ tx }) =>
      reconcileUnsettled(tx, PAYMENTS_AT_ONCE, { now, graceDays }));
    const before = new Date(now.getTime() - EARLY_MS);
    await inParts(chunk, { name: 'early refunds', atOnce: AT_ONCE }, ({ tx }) => raiseEarlyRefunds(tx, { before, now, limit: AT_ONCE }));
    await inParts(chunk, { name: 'events', atOnce: AT_ONCE }, async ({ tx, append }) => {
      const changes = await announceChanges(tx, now, AT_ONCE);
      await append(...changes.map(({ change, ...payload }) =>
        (change === 'resolved' ? paymentMismatchResolved : paymentMismatchFound)({ occurredAt: now, payload })));
      return changes.length;
    });
  },
});
