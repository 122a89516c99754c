import { expect, test } from 'vitest';
import { deliver, failed } from '../support/money.ts';
import { openReconciling } from '../support/reconciling.ts';

const JUNE_10 = ['2026-06-10', '2026-06-10'] as const;
const JUNE_11 = ['2026-06-11', '2026-06-11'] as const;
const DAY_MS = 86_400_000;

test('corrected reports resolve a mismatch and open it again, and each change is told once', async () => {
  const { pay, bring, reconcile, mismatches, told } = await openReconciling();
  await pay('a', 100);
  for (const [minor, expected] of [
    ['101', 'amount-differs a 101/100'], ['100', 'amount-differs a 101/100 resolved by facts'],
    ['250', 'amount-differs a 250/100'], ['251', 'amount-differs a 251/100'],
  ] as const) {
    expect(await bring([`a ${minor}`])).toBe(201);
    await reconcile();
    await reconcile();
    expect(await mismatches()).toEqual([expected]);
  }
  expect(await told()).toEqual(['found amount-differs', 'resolved amount-differs', 'found amount-differs', 'found amount-differs']);
});

test('a line that a corrected report leaves out is missing there, and one that it adds is not', async () => {
  const { pay, bring, reconcile, mismatches } = await openReconciling();
  await pay('a', 100);
  await pay('b', 100);
  await bring(['a 100', 'theirs 5']);
  await reconcile();
  expect(await mismatches()).toEqual(['missing-here theirs 5/–', 'missing-there b –/100']);
  await bring(['b 100']);
  await reconcile();
  expect(await mismatches()).toEqual([
    'missing-here theirs 5/– resolved by facts', 'missing-there a –/100', 'missing-there b –/100 resolved by facts',
  ]);
});

test('a report of a month speaks in the place of its days’ reports, and the other way round', async () => {
  const { pay, bring, reconcile, mismatches } = await openReconciling();
  await pay('a', 100);
  await bring(['a 60 2026-06-10'], JUNE_10);
  await bring(['a 40'], JUNE_11);
  await reconcile();
  expect(await mismatches()).toEqual([]);
  await bring(['a 60 2026-06-10', 'a 40 2026-06-11']);
  await reconcile();
  expect(await mismatches()).toEqual([]);
  await bring(['a 41'], JUNE_11);
  await reconcile();
  expect(await mismatches()).toEqual(['amount-differs a 101/100']);
});

test('reports of two days that are both the header alone are two reports, and the same one again is none', async () => {
  const { sql, pay, bring, reconcile, mismatches } = await openReconciling();
  await pay('a', 100, '2026-06-10T12:00:00Z');
  await pay('b', 100, '2026-06-11T12:00:00Z');
  expect([await bring([], JUNE_10), await bring([], JUNE_11), await bring([], JUNE_10)]).toEqual([201, 201, 200]);
  expect(await Promise.all([bring([]), bring([]), bring([])])).toEqual(expect.arrayContaining([201, 200]));
  await reconcile();
  expect(await mismatches()).toEqual(['missing-there a –/100', 'missing-there b –/100']);
  expect(await sql`select from settlement_report`).toHaveLength(3);
});

test('a capture that is told after its day was reconciled is compared with that day', async () => {
  const { pay, bring, reconcile, mismatches, told } = await openReconciling();
  await bring([], JUNE_10);
  await reconcile();
  await pay('late', 100);
  await pay('other', 100, '2026-06-12T12:00:00Z'); // no report speaks of that day yet
  await reconcile();
  expect(await mismatches()).toEqual(['missing-there late –/100']);
  expect(await told()).toEqual(['found missing-there']);
});

test('a capture of another amount than a report’s unknown line differs from it', async () => {
  const { pay, bring, reconcile, mismatches, told } = await openReconciling();
  await bring(['a 100', 'b 100', 'c 100 2026-06-11 EUR']);
  await reconcile();
  for (const [id, minor] of [['a', 70], ['b', 100], ['c', 100]] as const) await pay(id, minor);
  await reconcile();
  expect(await mismatches()).toEqual([
    'amount-differs a 100/70', 'currency-differs c 100/100', 'missing-here a 100/– resolved by facts',
    'missing-here b 100/– resolved by facts', 'missing-here c 100/– resolved by facts',
  ]);
  expect((await told()).toSorted()).toEqual([
    'found amount-differs', 'found currency-differs', ...Array(3).fill('found missing-here'), ...Array(3).fill('resolved missing-here'),
  ]);
});

test('refunds and fees are lines by their kind, and no report is refused for one', async () => {
  const { pay, bring, reconcile, mismatches, sql } = await openReconciling();
  await pay('a', 100);
  await pay('b', 100);
  expect(await bring(['a 100', 'a -30', 'a 0', 'b -100', 'unknown -5', ' -7', ' 0'])).toBe(201);
  await reconcile();
  expect(await mismatches()).toEqual(['missing-there b –/100']);
  const kinds = await sql`select kind, count(*)::integer as lines from current_settlement_line group by kind order by kind`;
  expect(kinds).toEqual([{ kind: 'fee', lines: 2 }, { kind: 'payment', lines: 1 }, { kind: 'refund', lines: 4 }]);
});

test('a payment is missing only once its provider’s days to settle it are over', async () => {
  const { pay, bring, reconcile, mismatches } = await openReconciling();
  const midnight = (Math.floor(Date.now() / DAY_MS) - 5) * DAY_MS; // a slot is never ahead of the clock
  const day = (offset: number) => new Date(midnight + offset * DAY_MS).toISOString().slice(0, 10);
  const at = (offset: number) => new Date(midnight + offset * DAY_MS);
  for (const id of ['next', 'never']) await pay(id, 100, `${day(-1)}T12:00:00Z`);
  await bring([], [day(-1), day(-1)]);
  await reconcile({}, at(1.99));
  expect(await mismatches()).toEqual([]);
  await bring([`next 100 ${day(0)}`], [day(0), day(0)]);
  await reconcile({}, at(1.995));
  expect(await mismatches()).toEqual([]);
  await reconcile({ settlementGraceDays: { sandpay: 5 } }, at(4.99));
  expect(await mismatches()).toEqual([]);
  await reconcile({}, at(2));
  expect(await mismatches()).toEqual(['missing-there never –/100']);
});

test.for([
  ['60 + 40', ['a 60', 'a 40'], []],
  ['60 + 40 on two days', ['a 60 2026-06-11', 'a 40 2026-06-12'], []],
  ['60 + 30', ['a 60', 'a 30'], ['amount-differs a 90/100']],
  ['100 + 100', ['a 100', 'a 100'], ['duplicate a 200/100']],
  ['100 + 1', ['a 100', 'a 1'], ['amount-differs a 101/100']],
  ['60 MXN + 40 EUR', ['a 60', 'a 40 2026-06-11 EUR'], ['currency-differs a 100/100']],
] as const)('lines of one payment are summed: %s', async ([, lines, expected]) => {
  const { pay, bring, reconcile, mismatches } = await openReconciling();
  await pay('a', 100);
  await bring(lines);
  await reconcile();
  expect(await mismatches()).toEqual(expected);
});

test('a capture after a failure is compared too, and what nobody has reported waits', async () => {
  const { sql, app, tenantId, bring, reconcile, mismatches, pay } = await openReconciling();
  await deliver(app, failed(tenantId, { paymentId: 'a', amountMinor: 100, occurredAt: '2026-06-09T12:00:00Z' }));
  await bring([], JUNE_10);
  await reconcile();
  expect(await mismatches()).toEqual([]);
  await pay('a', 100);
  await pay('b', 100, '2026-06-20T12:00:00Z');
  await reconcile();
  expect(await mismatches()).toEqual(['missing-there a –/100']);
  expect(await sql`select provider_payment_id as id from unsettled_payment`).toEqual([{ id: 'b' }]);
});
