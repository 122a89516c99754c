import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { makeBreaker } from '../../../src/kernel/consumers/breaker.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function recorded() {
  const told: string[] = [];
  const breaker = makeBreaker({ hold: () => told.push('hold'), release: () => told.push('release') });
  return { breaker, told };
}

/** Trips the breaker and lets its hold pass; how long it was comes back. */
function ride({ breaker }: ReturnType<typeof recorded>): number {
  const holdMs = breaker.trip();
  vi.advanceTimersByTime(holdMs - 1);
  expect(breaker.held).toBe(true);
  vi.advanceTimersByTime(1);
  expect(breaker.held).toBe(false);
  return holdMs;
}

test('it holds, releases by itself, and holds longer each time, up to fifteen seconds', () => {
  const subject = recorded();
  expect(Array.from({ length: 7 }, () => ride(subject))).toEqual([500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
  expect(subject.told.slice(0, 4)).toEqual(['hold', 'release', 'hold', 'release']);
});

test('a success makes the next hold short again', () => {
  const subject = recorded();
  ride(subject);
  ride(subject);
  subject.breaker.reset();
  expect(ride(subject)).toBe(500);
});

test('whoever trips it while it holds is told the rest of that hold, and it holds no longer for it', () => {
  const { breaker, told } = recorded();
  breaker.trip();
  vi.advanceTimersByTime(200);
  expect(breaker.trip()).toBe(300);
  vi.advanceTimersByTime(300);
  expect(told).toEqual(['hold', 'release']);
});

test.for([
  ['while it holds', 1],
  ['at rest', 0],
] as const)('closed %s, it neither holds nor releases any more', ([, trips]) => {
  const { breaker, told } = recorded();
  for (let trip = 0; trip < trips; trip += 1) breaker.trip();
  breaker.close();
  breaker.trip();
  vi.advanceTimersByTime(60_000);
  expect(told).toHaveLength(trips);
  expect(vi.getTimerCount()).toBe(0);
});
