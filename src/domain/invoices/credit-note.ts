import { IllegalTransition } from '../illegal-transition.ts';
import type { Invoice, InvoiceLine } from './invoicing.ts';
import { shareOf } from '../money.ts';

/** A thing of an invoice's line: what the invoice and its credit notes took of it, and the last entry of its chain. */
export interface BilledThing {
  readonly kind: 'period' | 'charge' | 'payment';
  readonly sourceId: string;
  readonly startsOn: string;
  /** The place of the line, from 1. */
  readonly position: number;
  /** Below zero where the line gives back. */
  readonly amount: bigint;
  readonly disputeId: string | null;
  readonly lastTurn: number;
  readonly balance: bigint;
}

/** The taxes of a rate in earlier credit notes of an invoice: below zero. */
export interface CreditedTax {
  readonly basisPoints: number;
  readonly base: bigint;
  readonly amount: bigint;
}

/** An invoice with everything that decides what a credit note may take back of it. */
export interface CreditableInvoice extends Invoice {
  readonly creditedBy: string | null;
  readonly things: readonly BilledThing[];
  readonly creditedTaxes: readonly CreditedTax[];
}

/** A line of a credit note, and the line that it takes back; null for a tax. */
export interface CreditLine extends InvoiceLine {
  readonly creditsPosition: number | null;
}

/** An entry that a credit note adds to the chain of a thing. */
export interface CreditEntry extends Pick<BilledThing, 'kind' | 'sourceId' | 'startsOn' | 'position' | 'disputeId'> {
  readonly turn: number;
  readonly amount: bigint;
  readonly balance: bigint;
  /** True when the thing is to be billed again. */
  readonly dueAgain: boolean;
}

/** A credit note before it has its number, with its entries; their positions are of the invoice. */
export interface NewCreditNote extends Omit<Invoice, 'number' | 'issuedOn' | 'lines'> {
  readonly credits: string;
  readonly lines: readonly CreditLine[];
  readonly entries: readonly CreditEntry[];
}

export interface Crediting {
  readonly id: string;
  readonly reason: string;
  /** The one line that is taken back, from 1; null for the whole invoice. */
  readonly position: number | null;
  /** True when a later invoice bills the same again. */
  readonly billAgain: boolean;
}

/**
 * Takes back what still stands of an invoice, or of one of its lines. What a verdict or another note gave back stays
 * given back once. A verdict's credit that the note takes back falls due again.
 * @throws {IllegalTransition} when it is a credit note, was taken back before, or nothing of it stands.
 */
export function creditInvoice(
  invoice: CreditableInvoice,
  { id, reason, position, billAgain }: Crediting,
  now: Date,
): NewCreditNote {
  if (invoice.kind === 'credit-note') throw new IllegalTransition('A credit note cannot be credited.');
  if (invoice.creditedBy !== null) throw new IllegalTransition('The invoice has been credited already.');
  const { number: _, issuedOn: __, creditedBy: ___, things, creditedTaxes, ...same } = invoice;
  const entries = reverse(things.filter((thing) => position === null || thing.position === position), billAgain);
  const lines = linesOf(invoice.lines, entries);
  if (lines.length === 0) throw new IllegalTransition('Nothing is left to credit: the whole amount was given back already.');
  const taxes = taxLinesOf(invoice, lines);
  const [net, tax] = [sum(lines), sum(taxes)];
  return {
    ...same, id, reason, kind: 'credit-note', issuedAt: now, credits: invoice.id, creditsPosition: position, replaces: null,
    net, tax, total: net + tax, lines: [...lines, ...taxes], entries,
  };
}

/** Lines that give back come first: a charge that is owed again may be taken back by the same note. */
function reverse(things: readonly BilledThing[], billAgain: boolean): readonly CreditEntry[] {
  const balances = new Map<string, Pick<CreditEntry, 'turn' | 'balance'>>();
  const entries: CreditEntry[] = [];
  const inOrder = things.toSorted((one, other) => Number(one.amount > 0n) - Number(other.amount > 0n));
  for (const { kind, sourceId, startsOn, position, disputeId, ...thing } of inOrder) {
    const key = `${kind} ${sourceId} ${startsOn}`;
    const last = balances.get(key) ?? { turn: thing.lastTurn, balance: thing.balance };
    const amount = givenBack({ kind, amount: thing.amount, balance: last.balance });
    if (amount === 0n) continue;
    const balance = last.balance + amount;
    const turn = last.turn + 1;
    balances.set(key, { turn, balance });
    const dueAgain = billAgain && kind !== 'payment' && balance === 0n;
    entries.push({ kind, sourceId, startsOn, position, disputeId, turn, amount, balance, dueAgain });
  }
  return entries;
}

/** The amount of the entry that undoes a line's: nothing where something else undid it. */
function givenBack({ kind, amount, balance }: Pick<BilledThing, 'kind' | 'amount' | 'balance'>): bigint {
  if (kind !== 'payment') return (amount > 0n) === (balance > 0n) ? -amount : 0n;
  return -amount > -balance ? -balance : -amount;
}

function linesOf(billed: readonly InvoiceLine[], entries: readonly CreditEntry[]): readonly CreditLine[] {
  const byPosition = Map.groupBy(entries, ({ position }) => position);
  return billed.flatMap((line, index) => {
    const creditsPosition = index + 1;
    const undone = byPosition.get(creditsPosition) ?? [];
    const [first] = undone;
    if (first === undefined) return [];
    const [quantity, unit] = [undone.length, first.amount];
    return [{ ...line, sourceId: null, creditsPosition, quantity, unit, amount: unit * BigInt(quantity) }];
  });
}

/** Mirrors the taxes of a note that takes everything; of another, rounds them together with those of earlier notes. */
function taxLinesOf({ lines, creditedTaxes }: CreditableInvoice, credit: readonly CreditLine[]): readonly CreditLine[] {
  const [billed, taxes] = [lines.filter(({ kind }) => kind !== 'tax'), lines.filter(({ kind }) => kind === 'tax')];
  const isWhole = billed.length === credit.length && sum(billed) === -sum(credit) && creditedTaxes.length === 0;
  const mirror = (line: InvoiceLine, unit = -line.unit, amount = -line.amount): CreditLine =>
    ({ ...line, sourceId: null, creditsPosition: null, quantity: 1, unit, amount });
  if (isWhole) return taxes.map((line) => mirror(line));
  const byRate = Map.groupBy(credit.filter(isTaxed), ({ basisPoints }) => basisPoints);
  return [...byRate].flatMap(([basisPoints, taken]) => {
    const ofRate = taxes.filter((line) => line.basisPoints === basisPoints);
    const before = creditedTaxes.find((one) => one.basisPoints === basisPoints) ?? { base: 0n, amount: 0n };
    const base = sum(taken);
    const whole = ofRate.reduce((total, { unit }) => total + unit, 0n);
    const until = before.base + base;
    const owed = until === -whole ? -sum(ofRate) : shareOf({ minor: until, currency: '' }, basisPoints).minor;
    const [first] = ofRate;
    return first === undefined ? [] : [mirror(first, base, owed - before.amount)];
  });
}

/** A payment is given back as it was paid, without a tax. */
const isTaxed = ({ kind, detail, basisPoints }: InvoiceLine) =>
  kind !== 'dispute' || detail !== 'payment' || basisPoints > 0;

const sum = (lines: readonly Pick<InvoiceLine, 'amount'>[]) => lines.reduce((total, { amount }) => total + amount, 0n);
