import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CASE_FROM, clickVelocity, makesCase, REOPEN_MARGIN, RULES, scoreOf, type Scored } from '../../../src/domain/fraud/fraud.ts';

const subject = fc.constantFrom<Scored>('tenant', 'ambassador', 'reviewer');
const values = (one: Scored) =>
  fc.record(Object.fromEntries(Object.keys(RULES[one]).map((feature) => [feature, fc.nat(40)])));
const measured = subject.chain((one) => values(one).map((measures) => ({ one, measures })));

test('a score is whole, from 0 to 1000, and the sum of its components as far as there is room', () => {
  fc.assert(fc.property(measured, ({ one, measures }) => {
    const { score, components } = scoreOf(one, measures);
    const sum = Object.values(components).reduce((total, { points }) => total + points, 0);
    expect(score).toBe(Math.min(1_000, sum));
    expect(Number.isInteger(score)).toBe(true);
    for (const { points } of Object.values(components)) expect(points).toBeGreaterThan(0);
  }));
});

test('more of anything never makes a score lower, and of one thing alone it is never more than the most', () => {
  fc.assert(fc.property(measured, fc.nat(10), ({ one, measures }, more) => {
    for (const [feature, value] of Object.entries(measures)) {
      const grown = scoreOf(one, { ...measures, [feature]: value + more });
      expect(grown.score).toBeGreaterThanOrEqual(scoreOf(one, measures).score);
    }
  }));
  for (const [one, rules] of Object.entries(RULES)) {
    for (const [feature, { most }] of Object.entries(rules)) expect(scoreOf(one as Scored, { [feature]: 1_000 }).score).toBe(most);
  }
});

test('nothing that may be honest is a case by itself at first sight: a shared card, an address, one dispute, three failed payments', () => {
  const tenant = (measures: Record<string, number>) => scoreOf('tenant', measures).score;
  expect(tenant({ disputes: 1, failed_payments: 3, review_burst: 3, click_velocity: 6 })).toBe(0);
  expect(tenant({ shared_instrument: 1 })).toBeLessThan(CASE_FROM);
  expect(tenant({ shared_ip: 100 })).toBeLessThan(CASE_FROM);
  expect(tenant({ click_velocity: 1_000 })).toBeLessThan(CASE_FROM);
  expect(tenant({ shared_instrument: 20, shared_ip: 100 })).toBeLessThan(CASE_FROM);
  expect(scoreOf('ambassador', { self_referral: 1 }).score).toBeGreaterThanOrEqual(CASE_FROM);
  expect(scoreOf('reviewer', { own_reviews: 1 }).score).toBeGreaterThanOrEqual(CASE_FROM);
});

test.for([
  [500, undefined, true], [499, undefined, false], [500 + REOPEN_MARGIN - 1, 500, false], [500 + REOPEN_MARGIN, 500, true],
  [1_000, 851, false], [1_000, 850, true],
] as const)('a score of %i, where somebody has looked at %s, makes a case: %s', ([score, looked, expected]) => {
  expect(makesCase(score, looked)).toBe(expected);
});

test.for([
  [3, { median: 3, mad: 1 }, 0], [60, { median: 3, mad: 1 }, 38], [1, { median: 3, mad: 1 }, 0], [9, { median: 3, mad: 0 }, 6],
] as const)('%i clicks, where %o is normal, are %i deviations too many', ([clicks, normal, expected]) => {
  expect(clickVelocity(clicks, normal)).toBe(expected);
});
