import { expect, test } from 'vitest';
import { mask } from '../../../src/notifications/templates/mask.ts';

test.each([
  ['Nora O’Brien', 'N••• O••••••'],
  ['ana.ruiz@example.com', 'a•••••••••••••••••••'],
  ['Llame al +52 55 1234 5678', 'L•••• a• +•••••••••••••••'],
  ['1.250,00 €', '1.250,00 €'],
  ['日本 工務店', '日• 工••'],
  ['https://app.example/tickets/1?token=secret', 'https://app.example/…'],
])('of %j is left %j', (text, masked) => {
  expect(mask(text)).toBe(masked);
});

test('lists and objects are masked inside, numbers are not', () => {
  expect(mask({ names: ['Ana', { of: 'Luis' }], count: 3, none: null })).toEqual({ names: ['A••', { of: 'L•••' }], count: 3, none: null });
});

test.each([
  ['digits', '7'.repeat(500_000)],
  ['digits with spaces', '7 '.repeat(250_000)],
  ['signs', '-('.repeat(250_000)],
  ['letters', 'a'.repeat(500_000)],
  ['a word after spaces', `${' '.repeat(500_000)}a`],
])('500,000 characters of %s are cut and masked at once', (_, text) => {
  const began = performance.now();
  const masked = mask(text) as string;
  expect(performance.now() - began).toBeLessThan(50);
  expect(masked.length).toBeLessThan(5_000);
  expect(masked).not.toMatch(/\d{7}|[a-z]{2}/);
});
