import { describe, expect, test } from 'vitest';
import { currencies } from '../../src/domain/iso-codes.ts';
import { divideHalfEven, exponentOf, formatMoney, fromPlain, shareOf, split, toPlain } from '../../src/domain/money.ts';

/** The same numbers in every run (mulberry32). */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const mxn = (minor: bigint) => ({ minor, currency: 'MXN' });
const sum = (parts: readonly { readonly minor: bigint }[]) => parts.reduce((total, { minor }) => total + minor, 0n);

test.for([
  [5n, 2n, 2n], [7n, 2n, 4n], [-5n, 2n, -2n], [-7n, 2n, -4n], [1n, 2n, 0n], [-1n, 2n, 0n], [3n, 2n, 2n],
  [1n, 3n, 0n], [2n, 3n, 1n], [-2n, 3n, -1n], [0n, 7n, 0n], [10n, 5n, 2n],
] as const)('%d / %d is %d: to the nearest, half to even, either side of zero', ([dividend, divisor, expected]) => {
  expect(divideHalfEven(dividend, divisor)).toBe(expected);
});

test('a rounded quotient is never more than half a unit off, and a negative one mirrors the positive', () => {
  const next = numbers(1);
  for (let round = 0; round < 2_000; round += 1) {
    const [dividend, divisor] = [BigInt(next(2 ** 31)) * BigInt(next(2 ** 20)), BigInt(1 + next(10_000))];
    const quotient = divideHalfEven(dividend, divisor);
    const off = quotient * divisor - dividend;
    expect((off < 0n ? -off : off) * 2n <= divisor).toBe(true);
    expect(divideHalfEven(-dividend, divisor)).toBe(-quotient);
  }
});

test.for([
  [1_000n, 1_000, 100n], [5n, 1_000, 0n], [15n, 1_000, 2n], [25n, 1_000, 2n], [-15n, 1_000, -2n], [999n, 10_000, 999n],
  [999n, 0, 0n], [9_007_199_254_740_993n, 10_000, 9_007_199_254_740_993n],
] as const)('of %d, %d basis points are %d', ([minor, basisPoints, expected]) => {
  expect(shareOf(mxn(minor), basisPoints)).toEqual(mxn(expected));
});

describe('a split', () => {
  test.for([
    [100n, [1n, 1n, 1n], [34n, 33n, 33n]],
    [-100n, [1n, 1n, 1n], [-34n, -33n, -33n]],
    [5n, [1n, 0n, 3n], [1n, 0n, 4n]],
    [0n, [2n, 3n], [0n, 0n]],
    [1n, [1n, 2n], [0n, 1n]],
  ] as const)('of %d by %o is %o', ([minor, weights, expected]) => {
    expect(split(mxn(minor), weights).map((part) => part.minor)).toEqual(expected);
  });

  test('sums to the whole, and no part is a unit away from its share', () => {
    const next = numbers(2);
    for (let round = 0; round < 2_000; round += 1) {
      const weights = Array.from({ length: 1 + next(8) }, () => BigInt(next(1_000)));
      weights.push(1n);
      const minor = BigInt(next(2 ** 31)) * (round % 2 === 0 ? 1n : -1n);
      const parts = split(mxn(minor), weights);
      expect(sum(parts)).toBe(minor);
      const whole = weights.reduce((total, weight) => total + weight, 0n);
      for (const [index, part] of parts.entries()) {
        const off = part.minor * whole - minor * (weights[index] ?? 0n);
        expect((off < 0n ? -off : off) < whole).toBe(true);
      }
    }
  });

  test.for([[[]], [[0n, 0n]], [[2n, -1n]]] as const)('by %o is refused', ([weights]) => {
    expect(() => split(mxn(1n), weights)).toThrow(RangeError);
  });
});

test('an amount survives the way into JSON and back, and one that would not is refused', () => {
  for (const minor of [0, -1, 1_250, Number.MAX_SAFE_INTEGER]) {
    expect(toPlain(fromPlain({ minor, currency: 'EUR' }))).toEqual({ minor, currency: 'EUR' });
  }
  for (const minor of [0.5, Number.NaN, Infinity, 2 ** 53]) {
    expect(() => fromPlain({ minor, currency: 'EUR' })).toThrow(RangeError);
  }
  expect(() => toPlain({ minor: 2n ** 53n, currency: 'EUR' })).toThrow(RangeError);
});

test.for([
  [{ minor: 125_000, currency: 'MXN' }, 'en', 'MX$1,250.00'],
  [{ minor: 125_000, currency: 'COP' }, 'en', 'COP 1,250.00'],
  [{ minor: -5, currency: 'USD' }, 'en', '-$0.05'],
  [{ minor: 1_250, currency: 'JPY' }, 'en', '¥1,250'],
  [{ minor: 1_250, currency: 'KWD' }, 'en', 'KWD 1.250'],
  [{ minor: 1_250, currency: 'HUF' }, 'en', 'HUF 12.50'],
  [{ minor: 9_007_199_254_740_993n, currency: 'USD' }, 'en', '$90,071,992,547,409.93'],
] as const)('%o reads in %s as %s', ([amount, locale, expected]) => {
  expect(formatMoney(amount, locale).replaceAll('\u00a0', ' ')).toBe(expected);
});

test.for([
  ['MXN', '$1,250.00'], ['COP', '$ 1.250,00'], ['ARS', '$ 1.250,00'], ['PEN', 'S/ 1,250.00'], ['CLP', '$125.000'],
  ['EUR', '1.250,00 €'], ['USD', 'USD 1,250.00'], ['CAD', 'CAD 1,250.00'], ['GBP', '1.250,00 GBP'],
] as const)('in Spanish, %s is written as at its home: %s', ([currency, expected]) => {
  expect(formatMoney({ minor: 125_000, currency }, 'es').replaceAll('\u00a0', ' ')).toBe(expected);
});

test('in Spanish, every currency we take has its thousands apart', () => {
  for (const currency of currencies) {
    const minor = 1_250 * 10 ** exponentOf(currency);
    expect(formatMoney({ minor, currency }, 'es')).toMatch(/(^|\D)1[.,\s]250(\D|$)/);
  }
});

test('the exponents are those of ISO 4217, for every currency we take', () => {
  const odd = [...currencies].filter((code) => exponentOf(code) !== 2).map((code) => `${code}${exponentOf(code)}`);
  expect(odd.join(' ')).toBe(
    'BHD3 BIF0 CLP0 DJF0 GNF0 IQD3 ISK0 JOD3 JPY0 KMF0 KRW0 KWD3 LYD3 OMR3 PYG0 RWF0 TND3 UGX0 VND0 VUV0 XAF0 XOF0 XPF0',
  );
});
