import { expect, test } from 'vitest';
import { type BilledThing, type CreditableInvoice, creditInvoice } from '../../../src/domain/invoices/credit-note.ts';
import { IllegalTransition } from '../../../src/domain/illegal-transition.ts';
import { draftInvoices } from '../../../src/domain/invoices/invoicing.ts';
import { id, now } from '../../support/facts.ts';

const mxn = (minor: number) => ({ minor: BigInt(minor), currency: 'MXN' });
const charges = [1, 2, 3].map(() => ({ kind: 'qualified-lead', amount: mxn(101), on: '2026-03-05' }) as const);
const subscription = {
  id: id(1), plan: 'basic', period: 'monthly', price: mxn(49_903), startsOn: '2026-03-10', endedOn: null, billedUpTo: null,
} as const;

const thing = (position: number, nth: number, facts: Partial<BilledThing> = {}): BilledThing => ({
  kind: position === 1 ? 'period' : 'charge', sourceId: id(nth), startsOn: position === 1 ? '2026-03-10' : '-infinity',
  position, amount: position === 1 ? 49_903n : 101n, disputeId: null, lastTurn: 1, balance: position === 1 ? 49_903n : 101n,
  ...facts,
});
const things = [thing(1, 1), thing(2, 11), thing(2, 12), thing(2, 13)];

/** A period at 49,903, three leads at 101 and 16 % of 50,206, which is 8,032.96. */
function invoice(facts: Partial<CreditableInvoice> = {}): CreditableInvoice {
  const [figures] = draftInvoices({ country: 'MX', subscriptions: [subscription], charges, disputes: [] }, { month: '2026-03-01' });
  if (figures === undefined) throw new Error('there is something to bill');
  return {
    ...figures, id: id(5), kind: 'invoice', number: 'MX-2026-000001', tenantId: id(6), tenantName: 'Taller', country: 'MX',
    periodStart: '2026-03-01', periodEnd: '2026-03-31', issuedAt: new Date('2026-04-01T11:00:00Z'), issuedOn: '2026-04-01',
    credits: null, creditsPosition: null, replaces: null, reason: null, creditedBy: null, things, creditedTaxes: [], ...facts,
  };
}

const whole = { id: id(7), reason: 'ours', position: null, billAgain: true };

test('a credit note takes back each line and the tax, to nothing', () => {
  const billed = invoice();
  const note = creditInvoice(billed, whole, now);
  expect(note).toMatchObject({ id: id(7), kind: 'credit-note', credits: id(5), reason: 'ours', issuedAt: now, total: -58_239n });
  expect([note.net + billed.net, note.tax + billed.tax, note.total + billed.total]).toEqual([0n, 0n, 0n]);
  expect(note.lines.map(({ amount }, index) => amount + (billed.lines[index]?.amount ?? 1n))).toEqual([0n, 0n, 0n]);
  expect(note.lines.map(({ creditsPosition }) => creditsPosition)).toEqual([1, 2, null]);
  expect(note.entries.map(({ turn, amount, balance, dueAgain }) => [turn, amount, balance, dueAgain]))
    .toEqual([[2, -49_903n, 0n, true], ...Array(3).fill([2, -101n, 0n, true])]);
  expect(note).not.toHaveProperty('number');
});

test('an invoice is credited once, and a credit note never', () => {
  for (const odd of [{ creditedBy: id(8) }, { kind: 'credit-note' as const }]) {
    expect(() => creditInvoice(invoice(odd), whole, now)).toThrow(IllegalTransition);
  }
});

test('what was given back elsewhere is not taken back again', () => {
  const [period, given, ...rest] = things;
  if (period === undefined || given === undefined) throw new Error('there are things');
  const note = creditInvoice(invoice({ things: [period, { ...given, lastTurn: 2, balance: 0n }, ...rest] }), whole, now);
  expect(note.lines.map(({ quantity, amount }) => [quantity, amount])).toEqual([[1, -49_903n], [2, -202n], [1, -8_017n]]);
  const all = things.map((one) => ({ ...one, lastTurn: 2, balance: 0n }));
  expect(() => creditInvoice(invoice({ things: all }), whole, now)).toThrow('Nothing is left to credit');
});

test('notes of single lines round together, so that the last leaves nothing of the tax', () => {
  const first = creditInvoice(invoice(), { ...whole, position: 2 }, now);
  expect([first.net, first.tax]).toEqual([-303n, -48n]); // 16 % of 303 is 48.48
  const [tax] = first.lines.slice(-1);
  const creditedTaxes = [{ basisPoints: 1_600, base: tax?.unit ?? 0n, amount: tax?.amount ?? 0n }];
  const second = creditInvoice(invoice({ things: [thing(1, 1)], creditedTaxes }), { ...whole, position: 1 }, now);
  expect([second.net, second.tax]).toEqual([-49_903n, -7_985n]); // 16 % of it is 7,984.48
  expect(first.tax + second.tax).toBe(-invoice().tax);
});

test('a verdict’s credit that is taken back leaves the charge owed, and one that the note itself takes back is not', () => {
  const disputed = { kind: 'charge', sourceId: id(11), amount: -101n, disputeId: id(9) } as const;
  const dispute = { ...thing(3, 11), ...disputed, lastTurn: 2, balance: 0n };
  const facts = { charges: charges.slice(0, 1), subscriptions: [], country: 'MX' };
  const disputes = [{ id: id(9), about: 'qualified-lead', amount: mxn(101), on: '2026-03-05', decidedOn: '2026-03-06' } as const];
  const [only] = draftInvoices({ ...facts, charges: [], disputes }, { month: '2026-03-01' });
  const alone = creditInvoice(invoice({ ...only, things: [{ ...dispute, position: 1 }] }), whole, now);
  expect(alone.entries).toMatchObject([{ turn: 3, amount: 101n, balance: 101n, dueAgain: false, disputeId: id(9) }]);
  const [both] = draftInvoices({ ...facts, disputes }, { month: '2026-03-01' });
  const charge = { ...thing(2, 11), position: 1, lastTurn: 2, balance: 0n };
  const note = creditInvoice(invoice({ ...both, things: [charge, { ...dispute, position: 2 }] }), whole, now);
  expect(note.entries.map(({ turn, amount, balance }) => [turn, amount, balance])).toEqual([[3, 101n, 101n], [4, -101n, 0n]]);
  expect(note).toMatchObject({ net: 0n, tax: 0n, total: 0n });
});

test('of a payment’s credit only so much is taken back as still stands', () => {
  const disputes = [{ id: id(9), about: 'payment', amount: mxn(1_000), on: '2026-03-05', decidedOn: '2026-03-06' } as const];
  const [only] = draftInvoices({ country: 'MX', subscriptions: [], charges: [], disputes }, { month: '2026-03-01' });
  const credit = (balance: bigint) => {
    const payment = { ...thing(1, 3), kind: 'payment', startsOn: '-infinity', amount: -1_000n, balance, disputeId: id(9) } as const;
    return creditInvoice(invoice({ ...only, things: [payment] }), whole, now);
  };
  expect(credit(-1_000n)).toMatchObject({ net: 1_000n, tax: 0n, lines: [{ unit: 1_000n }] });
  expect(credit(-400n)).toMatchObject({ net: 400n, tax: 0n, entries: [{ balance: 0n, dueAgain: false }] });
  expect(() => credit(0n)).toThrow('Nothing is left to credit');
});
