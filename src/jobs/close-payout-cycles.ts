import { IllegalTransition } from '../domain/illegal-transition.ts';
import { PayoutHeld } from '../domain/payout.ts';
import { type ChunkContext, defineJob, type RunContext } from '../kernel/job.ts';
import { closePayoutCycle, type DueAmbassador, listDueAmbassadors } from '../store/payout-cycles.ts';
import { type Days, unitsIn } from './days-of.ts';

const AMBASSADORS_AT_ONCE = 200;

/** Closes the month before for every ambassador who earned or carries something. */
export const closePayoutCycles = defineJob<object>({
  name: 'close-payout-cycles', // lives in the ledger: never rename
  schedule: { cron: '0 4 1 * *', timeZone: 'America/Mexico_City' },
  covers: 'month before',
  catchUp: 'all',
  whenPaused: 'hold',

  async run(context) {
    for (const month of unitsIn(context.period, 'month', context.timeZone)) await closeMonth(context, month);
  },
});

async function closeMonth(
  { sql, chunk, scheduledFor: now, log }: RunContext<object>,
  { first: periodStart, last: periodEnd }: Days,
): Promise<void> {
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

  for (const part of partsOf(due)) {
    const name = `${periodEnd}: ambassadors ${part[0]?.ambassadorUserId} to ${part.at(-1)?.ambassadorUserId}`;
    await chunk(name, async (context) => {
      for (const one of part) await close(context, one);
    });
  }
}

/** In parts of so many ambassadors, none of them in two. */
function partsOf(due: readonly DueAmbassador[]): readonly (readonly DueAmbassador[])[] {
  const all = [...Map.groupBy(due, ({ ambassadorUserId }) => ambassadorUserId).values()];
  const parts = Map.groupBy(all.entries(), ([nth]) => Math.floor(nth / AMBASSADORS_AT_ONCE));
  return [...parts.values()].map((part) => part.flatMap(([, owed]) => owed));
}
