// Random histories of one tenant's money. Things are named by their place in the history, so that a history is data.

export const months = ['2026-03', '2026-04', '2026-05'] as const;
export type Month = (typeof months)[number];

/** Prices whose tax of 16 % is whole, so that a balance does not depend on how documents are cut. */
const MINORS = [25, 400, 6_000, 12_000] as const;
const KINDS = ['qualified-lead', 'closed-ticket'] as const;

/** An invoice of a month: the last, or one that came before it. */
export interface InvoiceName {
  readonly month: Month;
  readonly age: number;
}

/** A line of an invoice: the one with the nth charge, period, or dispute. */
export interface LineName {
  readonly of: 'charge' | 'period' | 'dispute';
  readonly nth: number;
}

export type Command =
  | { readonly do: 'charge'; readonly kind: (typeof KINDS)[number]; readonly minor: number; readonly day: string }
  | { readonly do: 'pay'; readonly minor: number; readonly day: string; readonly currency: 'MXN' | 'USD' }
  | { readonly do: 'refund'; readonly payment: number; readonly minor: number; readonly name: string }
  | { readonly do: 'dispute'; readonly about: 'charge' | 'payment'; readonly nth: number }
  | { readonly do: 'decide'; readonly dispute: number; readonly outcome: 'won' | 'lost'; readonly day: string }
  | { readonly do: 'bill'; readonly month: Month }
  | { readonly do: 'credit'; readonly invoice: InvoiceName; readonly line: LineName | null; readonly billAgain: boolean }
  | { readonly do: 'reissue'; readonly invoice: InvoiceName };

/** A command, or some at once: the same one repeated, or two that want the same. */
export type Step = readonly Command[];

export interface History {
  /** The first day of a monthly subscription at 49,900; null for none. */
  readonly subscribedOn: string | null;
  readonly steps: readonly Step[];
}

const STEPS = { least: 10, most: 30 } as const;

/** Returns a history that the random numbers determine. Verdicts and credit notes are as frequent as bills. */
export function randomHistory(random: () => number): History {
  const below = (count: number) => Math.floor(random() * count);
  const pick = <Value>(values: readonly Value[]): Value => values[below(values.length)] as Value;
  const day = () => `${pick(months)}-${String(1 + below(28)).padStart(2, '0')}`;
  const bills: Month[] = [];
  const bill = (): Command => {
    const month = random() < 0.5 && bills.length > 0 ? pick(bills) : months[Math.min(bills.length, below(4), 2)] ?? months[0];
    bills.push(month);
    return { do: 'bill', month };
  };
  const invoice = (): InvoiceName => ({ month: bills.length > 0 ? pick(bills) : pick(months), age: random() < 0.9 ? 0 : 1 });
  const early = () => pick([0, 0, 0, 0, 1, 1, 2]);
  const line = (): LineName => ({ of: pick(['charge', 'charge', 'period', 'dispute']), nth: early() });
  const makers: Readonly<Record<Command['do'], () => Command>> = {
    charge: () => ({ do: 'charge', kind: pick(KINDS), minor: pick(MINORS), day: pick([day(), '2026-03-02']) }),
    pay: () => ({ do: 'pay', minor: pick([...MINORS, 60_000]), day: pick([day(), '2026-03-02']), currency: random() < 0.85 ? 'MXN' : 'USD' }),
    refund: () => ({ do: 'refund', payment: early(), minor: pick(MINORS), name: `ref-${below(4)}` }),
    dispute: () => ({ do: 'dispute', about: pick(['charge', 'payment']), nth: early() }),
    decide: () => ({ do: 'decide', dispute: early(), outcome: random() < 0.85 ? 'lost' : 'won', day: pick([day(), '2026-03-01']) }),
    bill,
    credit: () => ({ do: 'credit', invoice: invoice(), line: random() < 0.4 ? line() : null, billAgain: random() < 0.6 }),
    reissue: () => ({ do: 'reissue', invoice: invoice() }),
  };
  const often: readonly Command['do'][] = [
    'charge', 'pay', 'refund', 'dispute', 'decide', 'decide', 'bill', 'bill', 'bill', 'credit', 'credit', 'credit', 'reissue',
  ];
  const start: readonly Command['do'][] = ['charge', 'charge', 'pay', 'dispute', 'bill', 'decide', 'dispute', 'bill'];
  let last: Command | undefined;
  /** Begins with something to bill and a verdict; a credit note is mostly followed by a corrected invoice. */
  const command = (at: number): Command => {
    const again = last?.do === 'credit' && random() < 0.5 ? last.invoice : undefined;
    last = again !== undefined
      ? pick<Command>([{ do: 'reissue', invoice: again }, { do: 'bill', month: again.month }])
      : makers[at < start.length && random() < 0.8 ? start[at] ?? 'bill' : pick(often)]();
    return last;
  };
  const step = (at: number): Step => {
    const first = command(at);
    const chance = random();
    if (chance < 0.7 || first.do === 'charge' || first.do === 'pay') return [first];
    return chance < 0.85 ? [first, first] : [first, makers[pick(['bill', 'credit', 'decide', 'refund'] as const)]()];
  };
  const length = STEPS.least + below(STEPS.most - STEPS.least);
  return { subscribedOn: random() < 0.5 ? day() : null, steps: Array.from({ length }, (_, at) => step(at)) };
}
