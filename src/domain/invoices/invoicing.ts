import { invoiceIssued } from '../../events/invoice-issued.ts';
import type { NewEvent } from '../../events/contract/event.ts';
import { addMonths, dayBefore, firstDayOf, lastDayOf } from '../calendar-day.ts';
import { type Money, shareOf, toPlain } from '../money.ts';
import type { ChargeKind } from './performance-charge.ts';
import type { Subscription } from './subscription.ts';
import { type Tax, taxOf, type TaxRule } from './taxes.ts';

/** What no invoice of a tenant has taken up yet. Days are the tenant's. */
export interface Unbilled {
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  readonly subscriptions: readonly UnbilledSubscription[];
  readonly charges: readonly { readonly kind: ChargeKind; readonly amount: Money; readonly on: string }[];
  /** Those decided for the tenant about what is owed or falls due now, and about payments. */
  readonly disputes: readonly LostDispute[];
}

export interface UnbilledSubscription
  extends Pick<Subscription, 'id' | 'plan' | 'period' | 'price' | 'startsOn' | 'endedOn'> {
  /** The first day of the last period that was billed. */
  readonly billedUpTo: string | null;
}

export interface LostDispute {
  readonly id: string;
  readonly about: ChargeKind | 'payment';
  /** Amount to give back: the part of a payment that was not refunded. Below zero, a refund withdraws a credit. */
  readonly amount: Money;
  /** The day of the charge or payment. */
  readonly on: string;
  readonly decidedOn: string;
}

/** One line. `amount` is `quantity` times `unit`; of a tax, `unit` is what the rate is taken of. Minor units. */
export interface InvoiceLine {
  readonly kind: 'subscription' | 'charge' | 'dispute' | 'tax';
  /** The subscription or dispute; null where charges are summed up, of taxes, and in credit notes. */
  readonly sourceId: string | null;
  /** The plan, what was charged for, what was disputed, or the tax; of no tax, why. */
  readonly detail: string;
  readonly startsOn: string;
  readonly endsOn: string;
  readonly quantity: number;
  readonly unit: bigint;
  readonly basisPoints: number;
  readonly amount: bigint;
}

/** The figures of an invoice; `net` is of the lines that are no taxes. */
export interface Draft {
  readonly currency: string;
  readonly lines: readonly InvoiceLine[];
  readonly net: bigint;
  readonly tax: bigint;
  readonly total: bigint;
}

/** An invoice, or the credit note that takes one back; frozen once it is issued. */
export interface Invoice extends Draft {
  readonly id: string;
  readonly kind: 'invoice' | 'credit-note';
  readonly number: string;
  readonly tenantId: string;
  readonly tenantName: string;
  readonly country: string;
  readonly periodStart: string;
  readonly periodEnd: string;
  readonly issuedAt: Date;
  /** The day of that in the tenant's zone. */
  readonly issuedOn: string;
  /** A credit note's invoice, the one line that it takes back (null: all of them), and the reason. */
  readonly credits: string | null;
  readonly creditsPosition: number | null;
  readonly reason: string | null;
  /** The credited invoice in whose place a corrected one stands. */
  readonly replaces: string | null;
}

/** The month that is billed, by its first day; `rules` are the tax table unless given. */
export interface Billing {
  readonly month: string;
  readonly rules?: readonly TaxRule[];
}

/**
 * What a tenant is billed for a month, in each currency: what happened or fell due by its last day and no invoice has,
 * so that what comes late is in a later one. A subscription's period falls due whole on its first day; equal charges of
 * a month are one line; a tax is rounded once, half to even, over all that it is taken of.
 * `store/due-items.ts` and `store/monthly-invoices.ts` say the same in SQL.
 */
export function draftInvoices(unbilled: Unbilled, { month, rules }: Billing): readonly Draft[] {
  const until = lastDayOf(month);
  const taxFor = ({ on }: Item) => (on === null ? null : taxOf(unbilled.country, on, rules));
  const items = itemsOf(unbilled, until).map((item) => ({ ...item, tax: taxFor(item) }));
  const currencies = [...new Set(items.map(({ currency }) => currency))].sort();
  return currencies.map((currency) => {
    const lines = linesOf(items.filter((item) => item.currency === currency));
    const taxes = taxLinesOf(lines, { startsOn: month, endsOn: until });
    const [net, tax] = [sum(lines), sum(taxes)];
    const all = [...lines.map(({ tax: _, ...line }) => line), ...taxes].sort(inOrder);
    return { currency, lines: all, net, tax, total: net + tax };
  });
}

interface Item extends Pick<InvoiceLine, 'kind' | 'sourceId' | 'detail' | 'startsOn' | 'endsOn' | 'unit'> {
  readonly currency: string;
  /** The day whose tax it bears; null for a payment, which is given back as it was paid. */
  readonly on: string | null;
}

function itemsOf({ subscriptions, charges, disputes }: Unbilled, until: string): readonly Item[] {
  const inTime = charges.filter(({ on }) => on <= until);
  const decided = disputes.filter(({ on, decidedOn }) => on <= until && decidedOn <= until);
  return [
    ...subscriptions.flatMap((subscription) => duePeriods(subscription, until)),
    ...inTime.map(({ kind: detail, amount: { minor: unit, currency }, on }) => {
      const [startsOn, endsOn] = [firstDayOf(on), lastDayOf(on)];
      return { kind: 'charge' as const, sourceId: null, detail, startsOn, endsOn, unit, currency, on };
    }),
    ...decided.map(({ id: sourceId, about: detail, amount: { minor, currency }, on }) =>
      ({
        kind: 'dispute' as const, sourceId, detail, startsOn: on, endsOn: on, unit: -minor, currency,
        on: detail === 'payment' ? null : on,
      })),
  ];
}

/** The periods that begin by a day, and before the subscription has ended, and have not been billed. */
function duePeriods(subscription: UnbilledSubscription, until: string): readonly Item[] {
  const { id: sourceId, plan: detail, period, price, startsOn: first, endedOn, billedUpTo } = subscription;
  const months = period === 'monthly' ? 1 : 12;
  const last = endedOn !== null && endedOn < until ? endedOn : until;
  const due: Item[] = [];
  for (let count = 0, on = first; on <= last; count += 1, on = addMonths(first, count * months)) {
    if (billedUpTo !== null && on <= billedUpTo) continue;
    const endsOn = dayBefore(addMonths(first, (count + 1) * months));
    const { minor: unit, currency } = price;
    due.push({ kind: 'subscription', sourceId, detail, startsOn: on, endsOn, unit, currency, on });
  }
  return due;
}

type TaxedLine = InvoiceLine & { readonly tax: Tax | null };

/** Equal items are one line. */
function linesOf(items: readonly (Item & { readonly tax: Tax | null })[]): readonly TaxedLine[] {
  const lines = new Map<string, TaxedLine>();
  for (const { currency: _, on: __, ...item } of items) {
    const { kind, sourceId, detail, startsOn, endsOn, unit, tax } = item;
    const basisPoints = tax?.basisPoints ?? 0;
    const key = [kind, sourceId, detail, startsOn, endsOn, unit, tax?.name, basisPoints].join();
    const quantity = (lines.get(key)?.quantity ?? 0) + 1;
    lines.set(key, { ...item, quantity, basisPoints, amount: unit * BigInt(quantity) });
  }
  return [...lines.values()];
}

function taxLinesOf(
  lines: readonly TaxedLine[],
  days: Pick<InvoiceLine, 'startsOn' | 'endsOn'>,
): readonly InvoiceLine[] {
  const byTax = Map.groupBy(lines.filter(({ tax }) => tax !== null), ({ tax }) => `${tax?.name} ${tax?.basisPoints}`);
  return [...byTax.values()].flatMap((taxed) => {
    const [first] = taxed;
    if (first?.tax == null) return [];
    const { name: detail, basisPoints } = first.tax;
    const unit = sum(taxed);
    const amount = shareOf({ minor: unit, currency: '' }, basisPoints).minor;
    return [{ kind: 'tax' as const, sourceId: null, detail, ...days, quantity: 1, unit, basisPoints, amount }];
  });
}

const sum = (lines: readonly Pick<InvoiceLine, 'amount'>[]) => lines.reduce((total, { amount }) => total + amount, 0n);

/** The order of lines: lives in tables and in the store's statement. */
const KINDS: readonly InvoiceLine['kind'][] = ['subscription', 'charge', 'dispute', 'tax'];

function inOrder(one: InvoiceLine, other: InvoiceLine): number {
  const keys = ({ kind, startsOn, endsOn, detail, unit, basisPoints, sourceId }: InvoiceLine) =>
    [KINDS.indexOf(kind), startsOn, endsOn, detail, unit, basisPoints, sourceId ?? ''];
  const [mine, theirs] = [keys(one), keys(other)];
  const at = mine.findIndex((key, index) => key !== theirs[index]);
  const [left, right] = [mine[at] ?? 0, theirs[at] ?? 0];
  return at < 0 || left === right ? 0 : left < right ? -1 : 1;
}

export type Issued = Pick<
  Invoice, 'id' | 'tenantId' | 'number' | 'periodStart' | 'periodEnd' | 'currency' | 'total' | 'issuedAt'
>;

/** The event of a new invoice or credit note. */
export function issued({ id: invoiceId, currency, total, issuedAt: occurredAt, ...facts }: Issued): NewEvent {
  const { tenantId, number, periodStart, periodEnd } = facts;
  const payload = { invoiceId, tenantId, number, periodStart, periodEnd, total: toPlain({ minor: total, currency }) };
  return invoiceIssued({ tenantId, occurredAt, payload });
}
