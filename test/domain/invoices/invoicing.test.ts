import { describe, expect, test } from 'vitest';
import { addMonths, dayBefore, lastDayOf } from '../../../src/domain/calendar-day.ts';
import { draftInvoices, issued, type Unbilled } from '../../../src/domain/invoices/invoicing.ts';
import { endOf, NO_TAX, TAX_RULES, taxOf } from '../../../src/domain/invoices/taxes.ts';
import { id } from '../../support/facts.ts';

const mxn = (minor: number) => ({ minor: BigInt(minor), currency: 'MXN' });
const nothing: Unbilled = { country: 'MX', subscriptions: [], charges: [], disputes: [] };
const monthly = {
  id: id(1), plan: 'basic', period: 'monthly', price: mxn(100), startsOn: '2026-01-31', endedOn: null, billedUpTo: null,
} as const;
const lead = (minor: number, on: string) => ({ kind: 'qualified-lead', amount: mxn(minor), on }) as const;
const draft = (unbilled: Partial<Unbilled>, month = '2026-03-01') => draftInvoices({ ...nothing, ...unbilled }, { month });

describe('a subscription', () => {
  test.for([
    ['that begins in the month', { startsOn: '2026-03-31' }, ['2026-03-31 2026-04-29']],
    ['that begins later', { startsOn: '2026-04-01' }, []],
    [
      'that begins on a day which a month lacks', { startsOn: '2026-01-31', billedUpTo: '2026-01-31' },
      ['2026-02-28 2026-03-30', '2026-03-31 2026-04-29'],
    ],
    ['that never began', { startsOn: '2026-03-10', endedOn: '2026-03-09' }, []],
    ['that was billed', { startsOn: '2026-03-10', billedUpTo: '2026-03-10' }, []],
    ['that ended before it fell due', { startsOn: '2026-02-10', billedUpTo: '2026-02-10', endedOn: '2026-03-09' }, []],
    [
      'that ended on the day when it fell due', { startsOn: '2026-02-10', billedUpTo: '2026-02-10', endedOn: '2026-03-10' },
      ['2026-03-10 2026-04-09'],
    ],
    ['of a year that is not over', { period: 'yearly', startsOn: '2025-06-10', billedUpTo: '2025-06-10' }, []],
    [
      'of a year that begins on a leap day', { period: 'yearly', startsOn: '2024-02-29' },
      ['2024-02-29 2025-02-27', '2025-02-28 2026-02-27', '2026-02-28 2027-02-27'],
    ],
  ] as const)('%s is billed for the periods that fell due', ([, facts, expected]) => {
    const lines = draft({ subscriptions: [{ ...monthly, ...facts }] }).flatMap((one) => one.lines).filter((line) => line.kind !== 'tax');
    expect(lines.map(({ startsOn, endsOn }) => `${startsOn} ${endsOn}`)).toEqual(expected);
  });
});

test('equal results of a month are one line, and the tax is rounded once over all lines', () => {
  // 16 % of 2 and of 3 would be rounded to 0 each; of 5 it is 0.8.
  const charges = [lead(1, '2026-03-01'), lead(3, '2026-03-15'), lead(1, '2026-03-31')];
  const [invoice] = draft({ charges });
  expect(invoice).toMatchObject({ net: 5n, tax: 1n, total: 6n });
  expect(invoice?.lines.map(({ kind, quantity, unit, amount, basisPoints }) => [kind, quantity, unit, amount, basisPoints]))
    .toEqual([['charge', 2, 1n, 2n, 1_600], ['charge', 1, 3n, 3n, 1_600], ['tax', 1, 5n, 1n, 1_600]]);
});

test.for([
  [1_250, 3n, 0n], [1_250, 4n, 0n], [1_250, 5n, 1n], [1_250, 12n, 2n], [1_250, 20n, 2n], [1_250, 28n, 4n], [5_000, 5n, 2n],
] as const)('at %d basis points, the tax of %d is %d, half to even, and what is taken back mirrors it', ([basisPoints, minor, tax]) => {
  const rules = [{ country: 'MX', name: 'IVA', basisPoints, startsOn: '2020-01-01' }];
  const facts = { amount: { minor, currency: 'MXN' }, on: '2026-03-05' };
  const billed = draftInvoices({ ...nothing, charges: [{ ...facts, kind: 'closed-ticket' }] }, { month: '2026-03-01', rules });
  const disputes = [{ ...facts, id: id(2), about: 'closed-ticket', decidedOn: '2026-03-06' }] as const;
  const back = draftInvoices({ ...nothing, disputes }, { month: '2026-03-01', rules });
  expect([...billed, ...back].map((one) => [one.net, one.tax])).toEqual([[minor, tax], [-minor, -tax]]);
});

test('a payment is given back as it was paid: no tax was paid with it', () => {
  const disputes = [{ id: id(2), about: 'payment', amount: mxn(1_000), on: '2026-02-10', decidedOn: '2026-03-01' } as const];
  expect(draft({ disputes })).toMatchObject([{ net: -1_000n, tax: 0n, total: -1_000n, lines: [{ basisPoints: 0 }] }]);
});

test('a dispute that was lost takes its amount back with the tax of its day, once it is decided', () => {
  const disputes = [{ id: id(2), about: 'closed-ticket', amount: mxn(1_000), on: '2026-02-10', decidedOn: '2026-04-01' } as const];
  expect(draft({ disputes })).toEqual([]);
  expect(draft({ disputes }, '2026-04-01')).toMatchObject([{ net: -1_000n, tax: -160n, total: -1_160n }]);
});

test('each currency is an invoice, and nothing is none', () => {
  expect(draft({})).toEqual([]);
  expect(draft({ charges: [lead(100, '2026-04-01')] })).toEqual([]);
  const charges = [lead(100, '2026-03-01'), { kind: 'closed-ticket', amount: { minor: 50n, currency: 'EUR' }, on: '2026-03-02' } as const];
  expect(draft({ charges }).map(({ currency, total }) => [currency, total])).toEqual([['EUR', 58n], ['MXN', 116n]]);
});

test.for([
  ['MX', '2026-03-01', 'IVA', 1_600], ['ES', '2026-03-01', 'IVA', 2_100], ['CO', '2026-03-01', 'IVA', 1_900],
  ['AR', '2026-03-01', 'IVA', 2_100], ['CL', '2026-03-01', 'IVA', 1_900], ['PE', '2026-03-01', 'IGV', 1_800],
  ['MX', '2010-01-01', 'IVA', 1_600], ['MX', '2009-12-31', NO_TAX.name, 0], ['US', '2026-03-01', NO_TAX.name, 0],
] as const)('in %s, on %s, the tax is %s of %d basis points', ([country, day, name, basisPoints]) => {
  expect(taxOf(country, day)).toEqual({ name, basisPoints });
});

test('a new rate holds from its day on, and ends the one before', () => {
  const rules = [...TAX_RULES, { country: 'MX', name: 'IVA', basisPoints: 1_700, startsOn: '2027-01-01' }];
  expect(['2026-12-31', '2027-01-01'].map((day) => taxOf('MX', day, rules).basisPoints)).toEqual([1_600, 1_700]);
  expect(rules.filter(({ country }) => country === 'MX').map((rule) => endOf(rule, rules))).toEqual(['2027-01-01', null]);
  const charges = [lead(1_000, '2026-12-31'), lead(1_000, '2027-01-01')];
  const [invoice] = draftInvoices({ ...nothing, charges }, { month: '2027-01-01', rules });
  const taxes = invoice?.lines.filter(({ kind }) => kind === 'tax');
  expect(taxes?.map(({ unit, amount }) => [unit, amount])).toEqual([[1_000n, 160n], [1_000n, 170n]]);
});

test('an invoice has its event', () => {
  const invoice = {
    id: id(5), number: 'MX-2026-000001', tenantId: id(6), currency: 'MXN', total: 117n, periodStart: '2026-03-01',
    periodEnd: '2026-03-31', issuedAt: new Date('2026-04-01T11:00:00Z'),
  };
  expect(issued(invoice)).toMatchObject({ eventType: 'InvoiceIssued', occurredAt: invoice.issuedAt, tenantId: id(6), payload: {
    invoiceId: id(5), number: 'MX-2026-000001', total: { minor: 117, currency: 'MXN' },
  } });
});

test.for([
  ['2026-01-31', 1, '2026-02-28'], ['2024-01-31', 1, '2024-02-29'], ['2026-11-30', 3, '2027-02-28'], ['2026-12-31', 12, '2027-12-31'],
] as const)('%s and %d months is %s', ([day, months, expected]) => {
  expect(addMonths(day, months)).toBe(expected);
});

test('a month’s last day and the day before a day are the calendar’s', () => {
  expect([lastDayOf('2026-02-10'), lastDayOf('2024-02-01'), dayBefore('2026-03-01'), dayBefore('2027-01-01')])
    .toEqual(['2026-02-28', '2024-02-29', '2026-02-28', '2026-12-31']);
});
