import { commissionCalculated } from '../../events/commission-calculated.ts';
import type { NewEvent } from '../../events/contract/event.ts';
import { shareOf, split, toPlain, type Money } from '../money.ts';

/** What a commission plan grants, from a day on. */
export interface Terms {
  readonly rateBasisPoints: number;
  /** The most that one payment earns, and the only currency in which payments earn. */
  readonly cap: Money | null;
}

/** What a payment earns: a share of it rounded half to even, at most the cap. */
export function earn(payment: Money, { rateBasisPoints, cap }: Terms): Money {
  const share = shareOf(payment, rateBasisPoints);
  if (cap === null) return share;
  if (cap.currency !== payment.currency) return { ...share, minor: 0n };
  return share.minor < cap.minor ? share : cap;
}

/** A part of a payment that did not last: a refund, or a dispute that was lost, which takes all that is left. */
export interface Reversal {
  /** `refund:<id>` or `dispute:<id>`; lives in a table: never rename. */
  readonly kind: string;
  /** Minor units of the payment's currency. */
  readonly minor: bigint;
  /** Calendar day in the tenant's zone. */
  readonly on: string;
}

/** One line of the ledger; the payment's own is positive, counter-entries are negative. */
export interface Entry {
  readonly kind: string;
  readonly minor: bigint;
  readonly earnedOn: string;
}

/** Everything known of one payment's commission. */
export interface Account {
  readonly amount: Money;
  readonly capturedOn: string;
  /** Terms of the plan on that day; undefined when nobody earned from the tenant, or a fraud case stops it. */
  readonly terms: Terms | undefined;
  readonly reversals: readonly Reversal[];
  readonly recorded: readonly Pick<Entry, 'kind' | 'minor'>[];
}

/**
 * The lines that the ledger lacks. Their sum with the recorded ones depends on the facts only, not on the order in
 * which they became known: what was earned is split between what was kept and what was given back, so a full refund
 * leaves 0.
 */
export function missingEntries({ amount, capturedOn, terms, reversals, recorded }: Account): readonly Entry[] {
  const known = new Map(recorded.map(({ kind, minor }) => [kind, minor]));
  const earned = known.get('payment') ?? (terms === undefined ? 0n : earn(amount, terms).minor);
  if (earned === 0n) return [];
  const entries: Entry[] = known.has('payment') ? [] : [{ kind: 'payment', minor: earned, earnedOn: capturedOn }];
  let kept = [...known.values(), ...entries.map(({ minor }) => minor)].reduce((sum, minor) => sum + minor, 0n);
  let back = reversals.filter(({ kind }) => known.has(kind)).reduce((sum, { minor }) => sum + minor, 0n);
  for (const { kind, minor, on } of reversals) {
    if (known.has(kind)) continue;
    back += minor;
    const deserved = keptOf(earned, amount.minor, back);
    if (deserved >= kept) continue; // too small to be worth a unit, or nothing is left
    entries.push({ kind, minor: deserved - kept, earnedOn: on });
    kept = deserved;
  }
  return entries;
}

function keptOf(earned: bigint, paid: bigint, back: bigint): bigint {
  const lost = back < paid ? back : paid;
  const [kept] = split({ minor: earned, currency: '' }, [paid - lost, lost]);
  return kept?.minor ?? 0n;
}

/** A line of the ledger with whom it concerns. */
export interface Commission {
  readonly id: string;
  readonly paymentId: string;
  readonly kind: string;
  readonly tenantId: string;
  readonly ambassadorUserId: string;
  readonly attributionId: string;
  readonly amount: Money;
  readonly earnedOn: string;
  /** The line that this one reverses, and the fraud case that did it. */
  readonly reverses?: { readonly id: string; readonly caseId: string };
}

interface LineReversal {
  /** `verdict` takes a line back, `reversal` gives it back; lives in a table: never rename. */
  readonly kind: 'verdict' | 'reversal';
  readonly caseId: string;
  readonly id: string;
}

/** Makes the opposite of a line, on the same day: whichever cycle pays the one pays the other. */
export function reverseLine({ reverses: _, ...line }: Commission, { kind, caseId, id }: LineReversal): Commission {
  const amount = { ...line.amount, minor: -line.amount.minor };
  return { ...line, id, kind: `${kind}:${line.id}`, amount, reverses: { id: line.id, caseId } };
}

/** The event of a new line. */
export function commissioned(
  { id: commissionId, tenantId, ambassadorUserId, paymentId, kind, amount }: Commission,
  occurredAt: Date,
): NewEvent {
  const payload = { commissionId, tenantId, ambassadorUserId, paymentId, kind, amount: toPlain(amount) };
  return commissionCalculated({ tenantId, occurredAt, payload });
}
