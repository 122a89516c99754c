import { issued } from '../domain/invoicing.ts';
import { defineJob } from '../kernel/job.ts';
import { endOfPart, issueMonthlyInvoices } from '../store/monthly-invoices.ts';
import { unitsIn } from './days-of.ts';

const TENANTS_AT_ONCE = 1_000;
const BEFORE_ALL = '00000000-0000-0000-0000-000000000000';

/**
 * Bills every tenant for the month before, by the tenant's own calendar. Where that month is not over yet, far west of
 * the business's zone, its last hours are in the next invoice. An invoice's day of issue is the day on which it is
 * issued, however late that is.
 */
export const issueInvoices = defineJob<object>({
  name: 'issue-invoices', // lives in the ledger: never rename
  schedule: { cron: '0 5 1 * *', timeZone: 'America/Mexico_City' },
  covers: 'month before',
  catchUp: 'all',
  whenPaused: 'hold',

  async run({ sql, chunk, period, timeZone, now, log }) {
    for (const { first: month } of unitsIn(period, 'month', timeZone)) {
      let count = 0;
      for (let after = BEFORE_ALL; ;) {
        const upTo = await endOfPart(sql, after, TENANTS_AT_ONCE);
        if (upTo === undefined) break;
        await chunk(`${month}: tenants after ${after} up to ${upTo}`, async ({ tx, append }) => {
          const invoices = await issueMonthlyInvoices(tx, { tenants: { after, upTo }, month, issuedAt: now() });
          await append(...invoices.map(issued));
          count += invoices.length;
        });
        after = upTo;
      }
      log.info({ month, invoices: count }, 'invoices issued');
    }
  },
});
