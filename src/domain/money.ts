/** Minor units of an ISO 4217 currency: 12.50 € is `{ minor: 1250n, currency: 'EUR' }`. May be negative. */
export interface Money {
  readonly minor: bigint;
  readonly currency: string;
}

/** The same in events and JSON. */
export interface PlainMoney {
  readonly minor: number;
  readonly currency: string;
}

/** The most minor units, either way, that are taken in from outside; sums may be larger. */
export const MAX_MINOR = 1_000_000_000_000;

/** @throws {RangeError} when the minor units are not whole or beyond 2^53. */
export function fromPlain({ minor, currency }: PlainMoney): Money {
  if (!Number.isSafeInteger(minor)) throw new RangeError('an amount has whole minor units within 2^53');
  return { minor: BigInt(minor), currency };
}

/** @throws {RangeError} beyond 2^53, where a JSON number would lose its value. */
export function toPlain({ minor, currency }: Money): PlainMoney {
  const plain = Number(minor);
  if (!Number.isSafeInteger(plain)) throw new RangeError('an amount is beyond 2^53');
  return { minor: plain, currency };
}

/** Returns an amount as JSON can hold it. A sum beyond 2^53 is shown as the nearest one, for a list must not end at it. */
export function toNearestPlain({ minor, currency }: Money): PlainMoney {
  const most = BigInt(Number.MAX_SAFE_INTEGER);
  const nearest = minor > most ? most : minor < -most ? -most : minor;
  return { minor: Number(nearest), currency };
}

/** The whole number nearest to `dividend / divisor`, to the even one of two as near; the divisor is positive. */
export function divideHalfEven(dividend: bigint, divisor: bigint): bigint {
  if (divisor <= 0n) throw new RangeError('a divisor has to be positive');
  const remainder = ((dividend % divisor) + divisor) % divisor;
  const floor = (dividend - remainder) / divisor;
  const twice = remainder * 2n;
  const up = twice > divisor || (twice === divisor && floor % 2n !== 0n);
  return up ? floor + 1n : floor;
}

const WHOLE_IN_BASIS_POINTS = 10_000n;

/** A share in basis points (1,000 is a tenth), rounded half to even. */
export function shareOf({ minor, currency }: Money, basisPoints: number): Money {
  return { minor: divideHalfEven(minor * BigInt(basisPoints), WHOLE_IN_BASIS_POINTS), currency };
}

/**
 * Splits by weights into parts that sum to the whole: each gets its share rounded down, then those with the largest
 * remainders one unit more, the earlier of equals first.
 * @throws {RangeError} when a weight is negative or all are 0.
 */
export function split({ minor, currency }: Money, weights: readonly bigint[]): Money[] {
  const whole = weights.reduce((sum, weight) => sum + weight, 0n);
  if (whole <= 0n || weights.some((weight) => weight < 0n)) throw new RangeError('weights are 0 or more, not all 0');
  const [size, sign] = minor < 0n ? [-minor, -1n] : [minor, 1n];
  const parts = weights.map((weight) => (size * weight) / whole);
  const remainders = weights.map((weight) => (size * weight) % whole);
  const left = Number(size - parts.reduce((sum, part) => sum + part, 0n));
  const remainderAt = (index: number) => remainders[index] ?? 0n;
  const byRemainder = [...weights.keys()].sort((a, b) => Number(remainderAt(b) - remainderAt(a)) || a - b);
  const more = new Set(byRemainder.slice(0, left));
  return parts.map((part, index) => ({ minor: sign * (more.has(index) ? part + 1n : part), currency }));
}

const NO_DECIMALS = 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF'.split(' ');
const THREE_DECIMALS = 'BHD IQD JOD KWD LYD OMR TND'.split(' ');

/** By ISO 4217, where it is not 2. `Intl` follows CLDR instead, which writes some currencies without their cents. */
const EXPONENTS: ReadonlyMap<string, number> = new Map([
  ...NO_DECIMALS.map((code) => [code, 0] as const),
  ...THREE_DECIMALS.map((code) => [code, 3] as const),
]);

/** Decimal places of a currency's minor unit: 0 for JPY, 3 for KWD, mostly 2. */
export const exponentOf = (currency: string): number => EXPONENTS.get(currency) ?? 2;

/**
 * The amount as readers of a language write it. In Spanish each currency is written as at its home (`$1,250.00` for
 * Mexico, `1.250,00 €`), for no other form is everybody's; in English it is named (`MX$1,250.00`).
 */
export function formatMoney({ minor, currency }: Money | PlainMoney, locale: string): string {
  const digits = exponentOf(currency);
  const format = new Intl.NumberFormat(locale === 'es' ? spanishHomeOf(currency) : locale, {
    style: 'currency', currency, useGrouping: 'always', minimumFractionDigits: digits, maximumFractionDigits: digits,
  });
  return format.format(decimal(BigInt(minor), digits));
}

/** A currency's code begins with its country's. Dollars keep their name: a bare $ would be read as pesos. */
const spanishHomeOf = (currency: string) => (/^(US|CA)D$/.test(currency) ? 'es-MX' : `es-${currency.slice(0, 2)}`);

/** Written out in full: a division would lose what a float can't hold. */
function decimal(minor: bigint, digits: number): Intl.StringNumericLiteral {
  const sign = minor < 0n ? '-' : '';
  const text = String(minor < 0n ? -minor : minor).padStart(digits + 1, '0');
  const at = text.length - digits;
  return `${sign}${text.slice(0, at)}.${text.slice(at) || '0'}` as Intl.StringNumericLiteral;
}
