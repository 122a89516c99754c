import { expect, test } from 'vitest';
import { chargeCurrencies, chargeFor } from '../../../src/domain/invoices/performance-charge.ts';
import { planCurrencies, plans, priceOf } from '../../../src/domain/invoices/subscription.ts';

test('a year of a plan costs ten months, in every currency that has a price', () => {
  for (const plan of plans) {
    for (const currency of ['COP', 'EUR', 'MXN', 'USD']) {
      const monthly = priceOf({ plan, period: 'monthly' }, currency);
      expect(monthly?.currency).toBe(currency);
      expect(priceOf({ plan, period: 'yearly' }, currency)?.minor).toBe((monthly?.minor ?? 0n) * 10n);
    }
  }
});

test('plans and results have prices in the same currencies', () => {
  expect([...planCurrencies].sort()).toEqual(['COP', 'EUR', 'MXN', 'USD']);
  expect([...chargeCurrencies].sort()).toEqual([...planCurrencies].sort());
});

test('what has no price in a currency has none at all', () => {
  expect(priceOf({ plan: 'basic', period: 'monthly' }, 'JPY')).toBeUndefined();
  expect(chargeFor('whatsapp-click', 'JPY')).toBeUndefined();
});

test.for([
  ['qualified-lead', 6_000n], ['whatsapp-click', 450n], ['closed-ticket', 12_000n],
] as const)('a %s costs %d centavos', ([kind, minor]) => {
  expect(chargeFor(kind, 'MXN')).toEqual({ minor, currency: 'MXN' });
});
