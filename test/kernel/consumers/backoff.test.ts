import { expect, test } from 'vitest';
import { backoffMs } from '../../../src/kernel/consumers/backoff.ts';

test('the wait doubles from a second and stops growing at five minutes', () => {
  const waits = [1, 2, 3, 8, 9, 10, 20, 5_000].map((attempts) => backoffMs(attempts, () => 0.5));
  expect(waits).toEqual([1_000, 2_000, 4_000, 128_000, 256_000, 300_000, 300_000, 300_000]);
});

test('the wait is spread by a quarter to either side, so that what failed together does not return together', () => {
  expect(backoffMs(1, () => 0)).toBe(750);
  expect(backoffMs(1, () => 0.999_999)).toBe(1_250);
  expect(new Set(Array.from({ length: 50 }, () => backoffMs(5))).size).toBeGreaterThan(40);
});
