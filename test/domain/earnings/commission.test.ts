import { describe, expect, test } from 'vitest';
import { earn, missingEntries, type Account, type Entry, type Reversal } from '../../../src/domain/earnings/commission.ts';

const mxn = (minor: bigint) => ({ minor, currency: 'MXN' });
const tenth = { rateBasisPoints: 1_000, cap: null };
const on = '2026-03-02';
const refund = (id: string, minor: bigint): Reversal => ({ kind: `refund:${id}`, minor, on });
const dispute = (id: string, minor: bigint): Reversal => ({ kind: `dispute:${id}`, minor, on });

const account = (facts: Partial<Account>): Account =>
  ({ amount: mxn(1_000n), capturedOn: '2026-03-01', terms: tenth, reversals: [], recorded: [], ...facts });
const brief = (entries: readonly Entry[]) => entries.map(({ kind, minor }) => `${kind} ${minor}`);
const sum = (entries: readonly Pick<Entry, 'minor'>[]) => entries.reduce((total, { minor }) => total + minor, 0n);

test.for([
  [1_000n, { rateBasisPoints: 1_000, cap: null }, 100n],
  [25n, { rateBasisPoints: 1_000, cap: null }, 2n],
  [35n, { rateBasisPoints: 1_000, cap: null }, 4n],
  [1_000n, { rateBasisPoints: 2_000, cap: mxn(150n) }, 150n],
  [1_000n, { rateBasisPoints: 2_000, cap: mxn(200n) }, 200n],
  [1_000n, { rateBasisPoints: 2_000, cap: { minor: 150n, currency: 'EUR' } }, 0n],
  [1_000n, { rateBasisPoints: 0, cap: null }, 0n],
] as const)('a payment of %d under %o earns %d', ([paid, terms, earned]) => {
  expect(earn(mxn(paid), terms)).toEqual(mxn(earned));
});

describe('the ledger lacks', () => {
  test.for<readonly [what: string, facts: Partial<Account>, lacking: readonly string[]]>([
    ['the payment’s line', {}, ['payment 100']],
    ['nothing where nobody earns', { terms: undefined, reversals: [refund('a', 1_000n)] }, []],
    ['nothing where too little was paid to earn a unit', { amount: mxn(4n), reversals: [refund('a', 4n)] }, []],
    ['nothing that it has', { recorded: [{ kind: 'payment', minor: 100n }] }, []],
    ['a part for a partial refund', { reversals: [refund('a', 250n)] }, ['payment 100', 'refund:a -25']],
    ['all of it for a full refund', { reversals: [refund('a', 1_000n)] }, ['payment 100', 'refund:a -100']],
    ['what is left for a lost dispute', { reversals: [refund('a', 250n), dispute('b', 1_000n)] },
    ['payment 100', 'refund:a -25', 'dispute:b -75']],
    ['nothing more after a lost dispute', { reversals: [dispute('b', 1_000n), refund('a', 250n)] },
    ['payment 100', 'dispute:b -100']],
    ['the payment’s line as it was earned then, not as the terms are now', {
      terms: undefined, recorded: [{ kind: 'payment', minor: 333n }], reversals: [refund('a', 1_000n)],
    }, ['refund:a -333']],
  ])('%s', ([, facts, lacking]) => {
    expect(brief(missingEntries(account(facts)))).toEqual(lacking);
  });
});

/** What the ledger comes to when facts become known one by one, in this order. */
function accumulate(amount: bigint, reversals: readonly Reversal[]): bigint {
  let recorded: readonly Entry[] = [];
  for (let known = 0; known <= reversals.length; known += 1) {
    const facts = account({ amount: mxn(amount), reversals: reversals.slice(0, known).toSorted(byKind), recorded });
    recorded = [...recorded, ...missingEntries(facts)];
  }
  expect(new Set(recorded.map(({ kind }) => kind)).size).toBe(recorded.length);
  return sum(recorded);
}
const byKind = (a: Reversal, b: Reversal) => (a.kind < b.kind ? -1 : 1);

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item, index) => permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]));
}

test('whatever the order in which refunds and disputes become known, the sum is the same', () => {
  for (const amount of [7n, 999n, 1_003n, 12_345n]) {
    for (const parts of [[1n, 1n, 1n], [2n, 1n, 3n, 1n], [amount / 3n, amount / 3n, amount / 7n]]) {
      const reversals = parts.map((minor, index) => refund('abcd'[index] ?? '', minor));
      const sums = permutations(reversals).map((order) => accumulate(amount, order));
      expect(new Set(sums).size).toBe(1);
      const lost = permutations([...reversals, dispute('x', amount)]).map((order) => accumulate(amount, order));
      expect(new Set(lost)).toEqual(new Set([0n]));
    }
  }
});

test('refunds that add up to the payment leave exactly nothing, in however many parts', () => {
  for (const [amount, part] of [[999n, 1n], [1_001n, 7n], [12_345n, 1_000n]] as const) {
    const reversals: Reversal[] = [];
    for (let left = amount; left > 0n; left -= part) {
      reversals.push(refund(String(reversals.length).padStart(4, '0'), left < part ? left : part));
    }
    const entries = missingEntries(account({ amount: mxn(amount), reversals }));
    expect(entries.slice(1).every(({ minor }) => minor < 0n)).toBe(true);
    expect(sum(entries)).toBe(0n);
  }
});
