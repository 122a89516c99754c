import { createHash } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { closeCycle, refuseHeldPayout, type CycleKey, type PayoutCycle } from '../../domain/earnings/payout.ts';
import type { NewEvent } from '../../events/contract/event.ts';
import type { Sql, Tx } from '../../platform/postgres.ts';
import { findPayoutHold } from './payout-holds.ts';

/** An ambassador with a currency in which something is to be closed. */
export type DueAmbassador = Pick<CycleKey, 'ambassadorUserId' | 'currency'>;

/** Who earned something up to a day that is in no cycle, or carries something into the next; by ambassador. */
export async function listDueAmbassadors(sql: Sql, periodEnd: string): Promise<DueAmbassador[]> {
  return sql<DueAmbassador[]>`
    select ambassador_user_id as "ambassadorUserId", currency from commission
    where earned_on <= ${periodEnd}
      and not exists (select from payout_line line where line.commission_id = commission.id)
    union
    select ambassador_user_id, currency from payout_cycle cycle
    where carried_out_minor <> 0 and period_end < ${periodEnd}
      and not exists (select from payout_cycle next where next.previous_cycle_id = cycle.id)
    order by 1, 2
  `;
}

/**
 * Closes a cycle with its lines, once: asked again, it gives the same cycle and no events. The caller appends the
 * events in the transaction. Lines are all that the ambassador earned up to the period's end and no earlier cycle has.
 * @throws {IllegalTransition} when a later or overlapping period is closed already, or a fraud case holds payouts.
 */
export async function closePayoutCycle(
  tx: Tx,
  key: CycleKey,
  now: Date,
): Promise<{ readonly cycle: PayoutCycle; readonly events: readonly NewEvent[] }> {
  const { ambassadorUserId, currency, periodEnd } = key;
  await lockCycles(tx, key);
  const earlier = await listCycles(tx, key);
  const closed = earlier.find((cycle) => isOf(cycle, key));
  if (closed !== undefined) return { cycle: closed, events: [] };
  refuseHeldPayout(await findPayoutHold(tx, ambassadorUserId));
  const lines = await tx<{ id: string; minor: string }[]>`
    select id, amount_minor as minor from commission
    where ambassador_user_id = ${ambassadorUserId} and currency = ${currency} and earned_on <= ${periodEnd}
      and not exists (select from payout_line line where line.commission_id = commission.id)
  `;
  const previous = earlier.at(-1);
  const closing = { ...key, id: uuidv7(), previous, lines: lines.map(({ minor }) => BigInt(minor)) };
  const { cycle, events } = closeCycle(closing, now);
  await insertCycle(tx, cycle, hashOf(lines));
  await tx`
    insert into payout_line (commission_id, cycle_id)
    select id, ${cycle.id}::uuid from unnest(${lines.map(({ id }) => id)}::uuid[]) as id
  `;
  return { cycle, events };
}

/** Any change of a line changes it; see the column. */
function hashOf(lines: readonly { readonly id: string; readonly minor: string }[]): string {
  const text = lines.map(({ id, minor }) => `${id},${minor}`).sort().join('\n');
  return createHash('sha256').update(text).digest('hex');
}

interface CycleRow extends Omit<PayoutCycle, 'linesTotal' | 'carriedIn' | 'payable' | 'carriedOut'> {
  readonly linesTotal: string;
  readonly carriedIn: string;
  readonly payable: string;
  readonly carriedOut: string;
}

/** Lets one transaction at a time close an ambassador's cycles, so that each sees what the one before left. */
async function lockCycles(tx: Tx, { ambassadorUserId, currency }: CycleKey): Promise<void> {
  const lock = JSON.stringify(['payout', ambassadorUserId, currency]);
  await tx`select pg_advisory_xact_lock(hashtextextended(${lock}, 0))`;
}

/** Finds the cycle of a period that is closed already. Nobody else closes one until the transaction ends. */
export async function findClosedCycle(tx: Tx, key: CycleKey): Promise<PayoutCycle | undefined> {
  await lockCycles(tx, key);
  return (await listCycles(tx, key)).find((cycle) => isOf(cycle, key));
}

const isOf = (cycle: PayoutCycle, { periodStart, periodEnd }: CycleKey) =>
  cycle.periodStart === periodStart && cycle.periodEnd === periodEnd;

/** An ambassador's closed cycles in a currency, by their periods. */
async function listCycles(
  tx: Tx,
  { ambassadorUserId, currency }: Pick<CycleKey, 'ambassadorUserId' | 'currency'>,
): Promise<PayoutCycle[]> {
  const rows = await tx<CycleRow[]>`
    select id, ambassador_user_id as "ambassadorUserId", currency, period_start::text as "periodStart",
           period_end::text as "periodEnd", previous_cycle_id as "previousCycleId", line_count as "lineCount",
           lines_minor as "linesTotal", carried_in_minor as "carriedIn", payable_minor as payable,
           carried_out_minor as "carriedOut", closed_at as "closedAt"
    from payout_cycle
    where ambassador_user_id = ${ambassadorUserId} and currency = ${currency}
    order by period_end
  `;
  return rows.map(({ linesTotal, carriedIn, payable, carriedOut, ...row }) => ({
    ...row,
    linesTotal: BigInt(linesTotal),
    carriedIn: BigInt(carriedIn),
    payable: BigInt(payable),
    carriedOut: BigInt(carriedOut),
  }));
}

async function insertCycle(tx: Tx, cycle: PayoutCycle, linesHash: string): Promise<void> {
  await tx`
    insert into payout_cycle (
      id, ambassador_user_id, currency, period_start, period_end, previous_cycle_id, line_count, lines_minor,
      carried_in_minor, payable_minor, carried_out_minor, closed_at, lines_hash
    )
    values (
      ${cycle.id}, ${cycle.ambassadorUserId}, ${cycle.currency}, ${cycle.periodStart}, ${cycle.periodEnd},
      ${cycle.previousCycleId}, ${cycle.lineCount}, ${String(cycle.linesTotal)}, ${String(cycle.carriedIn)},
      ${String(cycle.payable)}, ${String(cycle.carriedOut)}, ${cycle.closedAt}, ${linesHash}
    )
  `;
}
