import { issued } from '../domain/invoices/invoicing.ts';
import { Permanent } from '../events/contract/errors.ts';
import { defineJob, type RunContext } from '../kernel/jobs/job.ts';
import type { TenantRange } from '../store/invoices/due-items.ts';
import { issueMonthlyInvoices, listPart } from '../store/invoices/monthly-invoices.ts';
import { unitsIn } from './days-of.ts';
import { isolate, type Isolated, nameIsolated } from './isolate.ts';

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

  async run(context) {
    const { sql, period, timeZone, log } = context;
    const failures: Isolated<string>[] = [];
    for (const { first: month } of unitsIn(period, 'month', timeZone)) {
      let count = 0;
      for (let after = BEFORE_ALL; ;) {
        const tenants = await listPart(sql, after, TENANTS_AT_ONCE);
        const upTo = tenants.at(-1);
        if (upTo === undefined) break;
        const predecessors = new Map(tenants.map((id, index) => [id, tenants[index - 1] ?? after]));
        failures.push(...(await isolate(tenants, async (some) => {
          count += await issue(context, month, { after: predecessors.get(some[0] ?? '') ?? after, upTo: some.at(-1) ?? upTo });
        })));
        after = upTo;
      }
      log.info({ month, invoices: count }, 'invoices issued');
    }
    for (const { item: tenantId, error } of failures) log.error({ tenantId, error }, 'tenant not billed');
    if (failures.length > 0) throw new Permanent(nameIsolated('tenants', failures));
  },
});

/** Issues the invoices of some tenants, in a piece of its own. Returns their number. */
async function issue({ chunk, now }: RunContext<object>, month: string, tenants: TenantRange): Promise<number> {
  let count = 0;
  await chunk(`${month}: tenants after ${tenants.after} up to ${tenants.upTo}`, async ({ tx, append }) => {
    const invoices = await issueMonthlyInvoices(tx, { tenants, month, issuedAt: now() });
    await append(...invoices.map(issued));
    count = invoices.length;
  });
  return count;
}
