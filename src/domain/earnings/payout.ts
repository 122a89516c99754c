import { payoutCycleClosed } from '../../events/payout-cycle-closed.ts';
import type { NewEvent } from '../../events/contract/event.ts';
import { IllegalTransition } from '../illegal-transition.ts';
import { toPlain } from '../money.ts';

/** The least that is paid out, in minor units; less is carried to the next cycle. Other currencies have no minimum. */
const MINIMUM: Readonly<Record<string, bigint>> = Object.freeze({
  COP: 5_000_000n, EUR: 1_000n, MXN: 20_000n, USD: 1_000n,
});

/** A fraud case that holds an ambassador's payouts. */
export interface PayoutHold {
  readonly caseId: string;
  readonly status: 'open' | 'confirmed';
}

/** Payouts are held. */
export class PayoutHeld extends IllegalTransition {}

/**
 * Lets a cycle be closed that no case holds.
 * @throws {PayoutHeld} while a case about the ambassador is open, or confirmed and not settled.
 */
export function refuseHeldPayout(hold: PayoutHold | undefined): void {
  if (hold === undefined) return;
  const standing = hold.status === 'open' ? 'open' : 'confirmed and not settled';
  throw new PayoutHeld(`The ambassador’s payouts are held: the fraud case ${hold.caseId} is ${standing}.`);
}

/** What a cycle is of: one ambassador, one currency, and calendar days, both included. */
export interface CycleKey {
  readonly ambassadorUserId: string;
  readonly currency: string;
  readonly periodStart: string;
  readonly periodEnd: string;
}

/** A closed period. Minor units; `carriedIn + linesTotal = payable + carriedOut`. */
export interface PayoutCycle extends CycleKey {
  readonly id: string;
  readonly previousCycleId: string | null;
  readonly lineCount: number;
  readonly linesTotal: bigint;
  /** What the cycle before left; negative when the ambassador owes. */
  readonly carriedIn: bigint;
  readonly payable: bigint;
  readonly carriedOut: bigint;
  readonly closedAt: Date;
}

export interface Closing extends CycleKey {
  readonly id: string;
  /** The cycle of the ambassador and currency before this one. */
  readonly previous: PayoutCycle | undefined;
  /** Minor units of each line. */
  readonly lines: readonly bigint[];
}

/**
 * Adds a period up. What is owed to us, or too little to pay, is carried to the next cycle and no line is edited.
 * @throws {IllegalTransition} when a later or overlapping period is closed already.
 */
export function closeCycle(
  { previous, lines, ...identity }: Closing,
  now: Date,
): { readonly cycle: PayoutCycle; readonly events: readonly NewEvent[] } {
  if (previous !== undefined && previous.periodEnd >= identity.periodStart) {
    throw new IllegalTransition(`The ambassador’s cycles are closed up to ${previous.periodEnd} already.`);
  }
  const linesTotal = lines.reduce((sum, line) => sum + line, 0n);
  const carriedIn = previous?.carriedOut ?? 0n;
  const total = carriedIn + linesTotal;
  const payable = total > 0n && total >= (MINIMUM[identity.currency] ?? 0n) ? total : 0n;
  const cycle: PayoutCycle = {
    ...identity, previousCycleId: previous?.id ?? null, lineCount: lines.length,
    linesTotal, carriedIn, payable, carriedOut: total - payable, closedAt: now,
  };
  return { cycle, events: [closed(cycle, total)] };
}

function closed(cycle: PayoutCycle, total: bigint): NewEvent {
  const { id: cycleId, ambassadorUserId, currency, periodStart, periodEnd, lineCount: lines, closedAt } = cycle;
  const plain = (minor: bigint) => toPlain({ minor, currency });
  const amounts = { total: plain(total), payable: plain(cycle.payable) };
  const payload = { cycleId, ambassadorUserId, periodStart, periodEnd, lines, ...amounts };
  return payoutCycleClosed({ occurredAt: closedAt, payload });
}
