// The rules of the ledger once more, in memory and without SQL: a state for each thing instead of chained entries.
import { addMonths, lastDayOf } from '../../../src/domain/calendar-day.ts';
import type { Command, History, LineName, Month } from './commands.ts';

/** A charge or a period: on the invoice `billedOn` when owed; `returnedOn` another one, or the same, by a verdict. */
interface Owed {
  readonly minor: number;
  readonly on: string;
  readonly detail: string;
  state: 'unbilled' | 'owed' | 'returned' | 'forgiven';
  billedOn: string;
  returnedOn: string;
}

interface Payment {
  readonly minor: number;
  readonly on: string;
  readonly isApplied: boolean;
  readonly refunds: Map<string, number>;
  /** Amounts that a verdict gives back, by invoice: below zero. */
  readonly credits: Map<string, number>;
}

interface Dispute {
  readonly about: 'charge' | 'payment';
  readonly nth: number;
  outcome: 'open' | 'won' | 'lost';
  day: string;
}

/** A tenant's facts. Plain data, so that it can be copied. */
export interface Model {
  readonly subscribedOn: string | null;
  readonly charges: Owed[];
  readonly periods: Owed[];
  readonly payments: Payment[];
  readonly disputes: Dispute[];
  /** By month, how many invoices there were, and whether the last was credited whole. */
  readonly invoices: Map<Month, { count: number; isCredited: boolean }>;
}

export const emptyModel = ({ subscribedOn }: Pick<History, 'subscribedOn'>): Model =>
  ({ subscribedOn, charges: [], periods: [], payments: [], disputes: [], invoices: new Map() });

const nameOf = (month: Month, nth: number) => `${month} ${nth}`;
const sum = (numbers: Iterable<number>) => [...numbers].reduce((total, one) => total + one, 0);
const unbilled = (minor: number, on: string, detail: string): Owed =>
  ({ minor, on, detail, state: 'unbilled', billedOn: '', returnedOn: '' });

/** Plays a command; one that is refused changes nothing. */
export function play(model: Model, command: Command): Model {
  const after = structuredClone(model);
  switch (command.do) {
    case 'charge':
      after.charges.push(unbilled(command.minor, command.day, `${command.kind} ${command.day.slice(0, 7)}`));
      break;
    case 'pay':
      after.payments.push({
        minor: command.minor, on: command.day, isApplied: command.currency === 'MXN', refunds: new Map(), credits: new Map(),
      });
      break;
    case 'refund':
      refund(after, command);
      break;
    case 'dispute':
      dispute(after, command);
      break;
    case 'decide':
      decide(after, command);
      break;
    case 'bill':
      bill(after, command.month);
      break;
    case 'credit':
      credit(after, command);
      break;
    case 'reissue': {
      const last = after.invoices.get(command.invoice.month);
      if (last?.isCredited === true && command.invoice.age === 0) bill(after, command.invoice.month);
    }
  }
  return after;
}

type Of<Name extends Command['do']> = Extract<Command, { readonly do: Name }>;

function refund({ payments }: Model, { payment: nth, minor, name }: Of<'refund'>): void {
  const payment = payments[nth];
  if (payment === undefined || payment.refunds.has(name)) return;
  if (sum(payment.refunds.values()) + minor <= payment.minor) payment.refunds.set(name, minor);
}

function dispute({ charges, payments, disputes }: Model, { about, nth }: Of<'dispute'>): void {
  const subject = about === 'charge' ? charges[nth] : payments[nth];
  const isForeign = about === 'payment' && payments[nth]?.isApplied === false; // would be a bill in another currency
  if (subject === undefined || isForeign || disputes.some((one) => one.about === about && one.nth === nth)) return;
  disputes.push({ about, nth, outcome: 'open', day: '' });
}

function decide({ disputes }: Model, { dispute: nth, outcome, day }: Of<'decide'>): void {
  const open = disputes[nth];
  if (open?.outcome === 'open') Object.assign(open, { outcome, day });
}

/** Bills everything that is due by the end of a month, unless an invoice of it stands. */
function bill(model: Model, month: Month): void {
  const before = model.invoices.get(month);
  if (before?.isCredited === false) return;
  const until = lastDayOf(`${month}-01`);
  const invoice = nameOf(month, before?.count ?? 0);
  addPeriods(model, until);
  let isUsed = false;
  for (const owed of [...model.charges, ...model.periods]) {
    if (owed.state !== 'unbilled' || owed.on > until) continue;
    Object.assign(owed, { state: 'owed', billedOn: invoice });
    isUsed = true;
  }
  for (const { about, nth, outcome, day } of model.disputes) {
    if (outcome !== 'lost' || day > until) continue;
    isUsed = (about === 'charge' ? returnCharge(model.charges[nth], invoice) : returnPayment(model.payments[nth], invoice, until)) || isUsed;
  }
  if (isUsed) model.invoices.set(month, { count: (before?.count ?? 0) + 1, isCredited: false });
}

/** Adds the periods that begin by a day. */
function addPeriods({ subscribedOn, periods }: Model, until: string): void {
  if (subscribedOn === null) return;
  for (let on = addMonths(subscribedOn, periods.length); on <= until; on = addMonths(subscribedOn, periods.length)) {
    periods.push(unbilled(49_900, on, 'period'));
  }
}

function returnCharge(charge: Owed | undefined, invoice: string): boolean {
  if (charge?.state !== 'owed') return false;
  Object.assign(charge, { state: 'returned', returnedOn: invoice });
  return true;
}

function returnPayment(payment: Payment | undefined, invoice: string, until: string): boolean {
  if (payment === undefined || payment.on > until) return false;
  const change = -(payment.minor - sum(payment.refunds.values())) - sum(payment.credits.values());
  if (change !== 0) payment.credits.set(invoice, (payment.credits.get(invoice) ?? 0) + change);
  return change !== 0;
}

/** Undoes an invoice, or what stands on one of its lines: first what it gave back, then what it took. */
function credit(model: Model, { invoice, line, billAgain }: Of<'credit'>): void {
  const month = model.invoices.get(invoice.month);
  // An earlier one was credited, or it would have no successor.
  if (month === undefined || invoice.age > 0 || month.isCredited) return;
  const name = nameOf(invoice.month, month.count - 1);
  const takes = (of: LineName['of'], nth: number) => line === null || isOnLine(model, line, { of, nth });
  let isUsed = false;
  for (const [nth, { about, nth: subject }] of model.disputes.entries()) {
    if (!takes('dispute', nth)) continue;
    const [charge, payment] = about === 'charge' ? [model.charges[subject], undefined] : [undefined, model.payments[subject]];
    if (charge?.state === 'returned' && charge.returnedOn === name) {
      charge.state = 'owed';
      isUsed = true;
    }
    isUsed = (payment !== undefined && withdraw(payment, name)) || isUsed;
  }
  for (const kind of ['charge', 'period'] as const) {
    for (const [nth, owed] of (kind === 'charge' ? model.charges : model.periods).entries()) {
      if (owed.state !== 'owed' || owed.billedOn !== name || !takes(kind, nth)) continue;
      owed.state = billAgain ? 'unbilled' : 'forgiven';
      isUsed = true;
    }
  }
  if (isUsed && line === null) month.isCredited = true;
}

function withdraw({ credits }: Payment, invoice: string): boolean {
  const back = Math.min(-(credits.get(invoice) ?? 0), -sum(credits.values()));
  if (back === 0) return false;
  credits.set(invoice, (credits.get(invoice) ?? 0) + back);
  return true;
}

/** Equal charges of a month share a line. */
function isOnLine({ charges }: Model, line: LineName, { of, nth }: LineName): boolean {
  if (line.of !== of) return false;
  const [named, other] = [charges[line.nth], charges[nth]];
  if (of !== 'charge' || named === undefined || other === undefined) return line.nth === nth;
  return named.detail === other.detail && named.minor === other.minor;
}

/** A subscription has no more periods than this in the months of a history. */
export const MAX_PERIODS = 3;

/** The balances of a tenant: of each thing, and of its account. The marketplace's are the opposite. */
export interface Balances {
  readonly things: readonly number[];
  readonly billed: number;
  readonly received: number;
  readonly wrongCurrency: number;
}

/** Adds up what a model comes to; each charge and period bears a tax of 16 %. */
export function balancesOf({ charges, periods, payments }: Model): Balances {
  const amounts = (things: readonly Owed[]) => things.map(({ state, minor }) => (state === 'owed' ? minor : 0));
  const missing = Array<number>(MAX_PERIODS - periods.length).fill(0);
  const owed = [...amounts(charges), ...amounts(periods), ...missing];
  const credits = payments.map((payment) => sum(payment.credits.values()));
  const kept = (isApplied: boolean) => sum(payments.map((payment, nth) =>
    payment.isApplied === isApplied ? payment.minor - sum(payment.refunds.values()) + (credits[nth] ?? 0) : 0));
  const inPesos = sum(payments.map(({ isApplied }, nth) => (isApplied ? (credits[nth] ?? 0) : 0)));
  return {
    things: [...owed, ...credits], billed: (sum(owed) * 116) / 100 + inPesos, received: kept(true), wrongCurrency: kept(false),
  };
}
