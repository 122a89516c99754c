import { expect, test } from 'vitest';
import { countries, currencies } from '../../src/domain/iso-codes.ts';

test('there are the 249 assigned countries, each with a name', () => {
  const names = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });
  expect(countries.size).toBe(249);
  expect([...countries].filter((code) => names.of(code) === undefined)).toEqual([]);
});

test('every currency has a name', () => {
  const names = new Intl.DisplayNames('en', { type: 'currency', fallback: 'none' });
  expect([...currencies].filter((code) => names.of(code) === undefined)).toEqual([]);
  expect(currencies.has('DEM')).toBe(false);
});
