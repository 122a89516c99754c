import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { clickVelocity, scoreOf, type Normal } from '../../../src/domain/fraud/fraud.ts';
import { scoreFraud } from '../../../src/jobs/score-fraud.ts';
import { daysBefore, hoursBefore, night, openMarket } from '../../support/fraud.ts';
import { runSlot } from '../../support/jobs.ts';

const TENANTS = 40;
const NORMAL_DAYS = 3;

const doing = fc.record({
  disputes: fc.nat(7), failed_payments: fc.nat(10), review_burst: fc.nat(10), own_reviews: fc.nat(2),
  clicks: fc.integer({ min: 1, max: 60 }), usual: fc.array(fc.integer({ min: 1, max: 12 }), { minLength: NORMAL_DAYS, maxLength: NORMAL_DAYS }),
});

const middle = (values: readonly number[]) => {
  const sorted = values.toSorted((one, other) => one - other);
  const at = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(at)] ?? 0) + (sorted[Math.ceil(at)] ?? 0)) / 2;
};

function normalOf(values: readonly number[]): Normal {
  const median = middle(values);
  return { median, mad: middle(values.map((value) => Math.abs(value - median))) };
}

test('the SQL scores as the rule does, whatever happened', { timeout: 60_000 }, async () => {
  const { sql, tenant, dispute, pay, review, click, scores } = await openMarket();
  const doings = fc.sample(doing, { numRuns: TENANTS, seed: 11 });
  const normal = normalOf(doings.flatMap(({ usual }) => usual));
  const expected = new Map<string, ReturnType<typeof scoreOf>>();
  for (const { clicks, usual, ...did } of doings) {
    const { id, owner, listing } = await tenant();
    for (let count = 0; count < did.disputes; count += 1) await dispute(id, 'won');
    for (let count = 0; count < did.failed_payments; count += 1) await pay(id, null);
    for (let count = 0; count < did.review_burst; count += 1) await review({ tenantId: id, author: randomUUID(), at: hoursBefore(40 + count) });
    for (let count = 0; count < did.own_reviews; count += 1) await review({ tenantId: id, author: owner, at: daysBefore(20 + count / 10) });
    for (const [index, some] of usual.entries()) await click(listing, some, daysBefore(12 + index));
    await click(listing, clicks, daysBefore(2));
    expected.set(id, scoreOf('tenant', { ...did, click_velocity: clickVelocity(clicks, normal) }));
    expected.set(owner, scoreOf('reviewer', { own_reviews: did.own_reviews, repeated_reviews: Math.max(0, did.own_reviews - 1) }));
  }
  await runSlot(sql, scoreFraud, { ports: {}, scheduledFor: night });
  const found = await scores();
  const pointed = [...expected].filter(([, { score }]) => score > 0);
  expect(Object.fromEntries(found)).toEqual(Object.fromEntries(pointed));
  expect(pointed.length).toBeGreaterThan(TENANTS);
});
