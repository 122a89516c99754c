import fc from 'fast-check';
import { expect, test } from 'vitest';
import { belongTogether, isRing, knownAgain, type LinkKind, ringScore } from '../../../src/domain/fraud/fraud-ring.ts';

test.for([
  [{ instrument: 1 }, true], [{ phone: 1 }, true], [{ ip: 1 }, false], [{ visitor: 1, ip: 1 }, false], [{ ip: 2 }, true],
  [{ visitor: 2, ip: 1 }, true], [{}, false],
] as const)('two users who share %o belong together: %s', ([shared, expected]) => {
  expect(belongTogether(shared)).toBe(expected);
});

test('three are a ring unless nothing but cards joins them, two are one when they pay themselves', () => {
  const ring = (users: number, { isSelfDealing = false, isCardOnly = false } = {}) => isRing({ users, isSelfDealing, isCardOnly, kinds: ['phone'] });
  expect([ring(2), ring(3), ring(2, { isSelfDealing: true }), ring(1, { isSelfDealing: true })]).toEqual([false, true, true, true]);
  expect([ring(30, { isCardOnly: true }), ring(2, { isSelfDealing: true, isCardOnly: true })]).toEqual([false, true]);
});

test('every ring’s score makes a case and is at most 1000; more users, kinds or commissions never make it lower', () => {
  const kinds = fc.subarray<LinkKind>(['instrument', 'phone', 'ip', 'visitor']);
  fc.assert(fc.property(fc.integer({ min: 1, max: 50 }), fc.boolean(), kinds, (users, isSelfDealing, found) => {
    const score = ringScore({ users, isSelfDealing, kinds: found });
    expect(score).toBeGreaterThanOrEqual(500);
    expect(score).toBeLessThanOrEqual(1_000);
    expect(ringScore({ users: users + 1, isSelfDealing: true, kinds: found })).toBeGreaterThanOrEqual(score);
  }));
});

test('of two that were one ring the larger part is it still, and of two rings that are one now it is the one with more users', () => {
  expect(knownAgain([{ found: 'a', ringId: 'x', users: 2 }, { found: 'b', ringId: 'x', users: 3 }])).toEqual(new Map([['b', 'x']]));
  expect(knownAgain([{ found: 'a', ringId: 'y', users: 4 }, { found: 'a', ringId: 'x', users: 3 }])).toEqual(new Map([['a', 'y']]));
});

test('which ring is known again does not hang on the order of what is compared', () => {
  const overlap = fc.record({ found: fc.constantFrom('a', 'b', 'c'), ringId: fc.constantFrom('x', 'y', 'z'), users: fc.integer({ min: 1, max: 3 }) });
  const some = fc.uniqueArray(overlap, { selector: ({ found, ringId }) => `${found} ${ringId}` });
  fc.assert(fc.property(some, (overlaps) => {
    const known = knownAgain(overlaps);
    expect(knownAgain(overlaps.toReversed())).toEqual(known);
    expect(new Set(known.values()).size).toBe(known.size);
  }));
});
