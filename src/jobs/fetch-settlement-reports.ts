import { Permanent, RetryLater } from '../events/contract/errors.ts';
import { defineJob, type RunContext } from '../kernel/jobs/job.ts';
import { RefusedRequest, type SettlementReports } from '../platform/settlement-reports.ts';
import { Unavailable } from '../platform/unavailable.ts';
import { RefusedReport } from '../store/payments/read-report.ts';
import { findTaken, incoming, takeReport } from '../store/payments/take-report.ts';
import { unitsIn } from './days-of.ts';

const PROVIDER = 'sandpay'; // lives in tables: never rename
const ABSENT_MS = 3_600_000;
const UNAVAILABLE_MS = 300_000;
const DAYS_AWAITED = 14;

interface Ports {
  /** Absent where reports are only brought by operators. */
  readonly settlementReports?: SettlementReports | undefined;
}

/** Fetches the payment provider's report of each day of UTC that ended since the last run; its slot waits until there is one. */
export const fetchSettlementReports = defineJob<Ports>({
  name: 'fetch-settlement-reports', // lives in the ledger: never rename
  schedule: { cron: '40 6 * * *', timeZone: 'America/Mexico_City' },
  covers: 'day before',
  periodZone: 'UTC',
  catchUp: 'all',
  whenPaused: 'hold',

  async run(context) {
    const failures: (Permanent | RetryLater)[] = [];
    for (const { first: day } of unitsIn(context.period, 'day', context.timeZone)) {
      await fetchReport(context, day).catch((error: unknown) => {
        if (!(error instanceof Permanent || error instanceof RetryLater)) throw error;
        failures.push(error);
      });
    }
    const failure = failures.find((error) => error instanceof RetryLater) ?? failures[0];
    if (failure !== undefined) throw failure;
  },
});

async function fetchReport({ sql, ports: { settlementReports }, chunk, scheduledFor, signal, log }: RunContext<Ports>, day: string): Promise<void> {
  if (settlementReports === undefined) return;
  // By this process's clock: days more or less do no harm.
  const isLate = Date.now() - scheduledFor.getTime() > DAYS_AWAITED * 86_400_000;
  const bytes = await settlementReports.fetch(day, signal).catch((error: unknown) => {
    if (!(error instanceof Unavailable)) return asFinal(error);
    const reason = error.message;
    throw isLate ? new Permanent(`no report came in ${DAYS_AWAITED} days: ${reason}`) : new RetryLater(error.forMs ?? UNAVAILABLE_MS, reason);
  });
  if (bytes === undefined) {
    throw isLate ? new Permanent(`no report came in ${DAYS_AWAITED} days`) : new RetryLater(ABSENT_MS, 'there is no report yet');
  }
  const report = incoming({ provider: PROVIDER, periodStart: day, periodEnd: day }, bytes);
  try {
    await chunk(`report of ${day}`, async ({ tx }) => log.info({ day, ...(await takeReport(tx, report)) }, 'report taken'));
  } catch (error) {
    const { id } = await findTaken(sql, report, error).catch(asFinal);
    log.info({ day, id }, 'report was taken before');
  } finally {
    bytes.destroy();
  }
}

function asFinal(error: unknown): never {
  throw error instanceof RefusedReport || error instanceof RefusedRequest ? new Permanent(error.message) : error;
}
