import { IllegalTransition } from '../domain/illegal-transition.ts';
import { PayoutHeld } from '../domain/earnings/payout.ts';
import { Permanent } from '../events/contract/errors.ts';
import { type ChunkContext, defineJob, type RunContext } from '../kernel/jobs/job.ts';
import { closePayoutCycle, type DueAmbassador, listDueAmbassadors } from '../store/earnings/payout-cycles.ts';
import { type Days, unitsIn } from './days-of.ts';
import { isolate, type Isolated, nameIsolated } from './isolate.ts';

const AMBASSADORS_AT_ONCE = 200;

/** Closes the month before for every ambassador who earned or carries something. */
export const closePayoutCycles = defineJob<object>({
  name: 'close-payout-cycles', // lives in the ledger: never rename
  schedule: { cron: '0 4 1 * *', timeZone: 'America/Mexico_City' },
  covers: 'month before',
  catchUp: 'all',
  whenPaused: 'hold',

  async run(context) {
    const failures: Isolated<string>[] = [];
    for (const month of unitsIn(context.period, 'month', context.timeZone)) failures.push(...(await closeMonth(context, month)));
    for (const { item: ambassadorUserId, error } of failures) context.log.error({ ambassadorUserId, error }, 'payout cycle not closed');
    if (failures.length > 0) throw new Permanent(nameIsolated('ambassadors', failures));
  },
});

/** An ambassador and the currencies in which something is due. */
type Owed = readonly DueAmbassador[];

const nameOf = (owed: Owed | undefined): string => owed?.[0]?.ambassadorUserId ?? '';

async function closeMonth(
  { sql, chunk, scheduledFor: now, log }: RunContext<object>,
  { first: periodStart, last: periodEnd }: Days,
): Promise<readonly Isolated<string>[]> {
  const due = await listDueAmbassadors(sql, periodEnd);

  async function close({ tx, append }: ChunkContext, { ambassadorUserId, currency }: DueAmbassador): Promise<void> {
    try {
      const { events } = await closePayoutCycle(tx, { ambassadorUserId, currency, periodStart, periodEnd }, now);
      await append(...events);
    } catch (error) {
      // The earnings are in the next cycle.
      if (!(error instanceof IllegalTransition)) throw error;
      const reason = error instanceof PayoutHeld ? 'a fraud case' : 'a later period is closed';
      log.warn({ ambassadorUserId, currency, reason }, 'ambassador passed over');
    }
  }

  const failures: Isolated<Owed>[] = [];
  for (const part of partsOf(due)) {
    failures.push(...(await isolate(part, (some) =>
      chunk(`${periodEnd}: ambassadors ${nameOf(some[0])} to ${nameOf(some.at(-1))}`, async (piece) => {
        for (const one of some.flat()) await close(piece, one);
      }))));
  }
  return failures.map(({ item, error }) => ({ item: nameOf(item), error }));
}

/** In parts of so many ambassadors, none of them in two. */
function partsOf(due: readonly DueAmbassador[]): readonly (readonly Owed[])[] {
  const all = [...Map.groupBy(due, ({ ambassadorUserId }) => ambassadorUserId).values()];
  const parts = Map.groupBy(all.entries(), ([nth]) => Math.floor(nth / AMBASSADORS_AT_ONCE));
  return [...parts.values()].map((part) => part.map(([, owed]) => owed));
}
