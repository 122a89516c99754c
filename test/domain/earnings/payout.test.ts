import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { IllegalTransition } from '../../../src/domain/illegal-transition.ts';
import { closeCycle, type PayoutCycle } from '../../../src/domain/earnings/payout.ts';

const key = { ambassadorUserId: randomUUID(), currency: 'MXN' };
const march = { periodStart: '2026-03-01', periodEnd: '2026-03-31' };
const april = { periodStart: '2026-04-01', periodEnd: '2026-04-30' };
const now = new Date('2026-05-01T09:00:00Z');
const close = (lines: readonly bigint[], previous?: PayoutCycle, period: typeof march = previous ? april : march) =>
  closeCycle({ ...key, ...period, id: randomUUID(), previous, lines }, now);
const figures = ({ cycle: { carriedIn, linesTotal, payable, carriedOut } }: ReturnType<typeof close>) =>
  [carriedIn, linesTotal, payable, carriedOut];

const owed = close([-300n]).cycle; // 3.00 that the ambassador owes
const little = close([19_999n]).cycle; // a cent below the minimum

test.for([
  ['no line', close([]), [0n, 0n, 0n, 0n]],
  ['enough', close([15_000n, 5_000n]), [0n, 20_000n, 20_000n, 0n]],
  ['too little', close([15_000n, 4_999n]), [0n, 19_999n, 0n, 19_999n]],
  ['less than nothing', close([100n, -400n]), [0n, -300n, 0n, -300n]],
  ['enough after a debt', close([20_300n], owed), [-300n, 20_300n, 20_000n, 0n]],
  ['too little after a debt', close([20_299n], owed), [-300n, 20_299n, 0n, 19_999n]],
  ['a unit more than too little', close([1n], little), [19_999n, 1n, 20_000n, 0n]],
  ['a debt that grows', close([-1n], owed), [-300n, -1n, 0n, -301n]],
] as const)('%s: what is carried in and earned is what is paid and carried out', ([, decision, expected]) => {
  expect(figures(decision)).toEqual(expected);
});

test('where a currency has no minimum all of it is paid, but never nothing or less', () => {
  const jpy = { ...key, ...march, currency: 'JPY', previous: undefined };
  expect(closeCycle({ ...jpy, id: randomUUID(), lines: [1n] }, now).cycle.payable).toBe(1n);
  expect(closeCycle({ ...jpy, id: randomUUID(), lines: [0n] }, now).cycle.payable).toBe(0n);
});

test('the event tells the period, its lines, what it comes to and what is paid', () => {
  const { cycle, events } = closeCycle({ ...key, ...april, id: randomUUID(), previous: owed, lines: [200n] }, now);
  expect(cycle.previousCycleId).toBe(owed.id);
  expect(events).toMatchObject([{ eventType: 'PayoutCycleClosed', occurredAt: now, payload: {
    cycleId: cycle.id, ...april, lines: 1, total: { minor: -100, currency: 'MXN' },
    payable: { minor: 0, currency: 'MXN' },
  } }]);
});

test.for([
  ['begins on the last day of one', { periodStart: '2026-03-31', periodEnd: '2026-04-30' }],
  ['lies before one', { periodStart: '2026-02-01', periodEnd: '2026-02-28' }],
] as const)('a period that %s that is closed is refused', ([, period]) => {
  expect(() => close([], owed, period)).toThrow(IllegalTransition);
});
