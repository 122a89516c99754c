import fc from 'fast-check';
import { expect, test } from 'vitest';
import { unifiedDiff } from '../../../src/notifications/templates/unified-diff.ts';
import { busyMsOf } from '../../support/busy.ts';

test('the same text differs in nothing', () => {
  expect(unifiedDiff('a\nb', 'a\nb')).toEqual([]);
  expect(unifiedDiff('', '')).toEqual([]);
});

test('texts of too many lines are said to be that, and soon', () => {
  const lines = (count: number, end = '') => '\n'.repeat(count - 1) + end;
  for (const [from, to] of [[lines(500_000), lines(500_000, 'x')], [lines(65_537), ''], ['', lines(500_000)]] as const) {
    expect(busyMsOf(() => {
      expect(unifiedDiff(from, to)).toEqual(['@@ more than 65536 lines are not compared @@']);
    })).toBeLessThan(50);
  }
  expect(unifiedDiff(lines(500_000), lines(500_000))).toEqual([]);
  const far = (word: string) => lines(64_539) + Array.from({ length: 998 }, (_, at) => (at % 12 ? 'a' : word + at)).join('\n');
  expect(busyMsOf(() => unifiedDiff(far('b'), far('c')))).toBeLessThan(100);
  expect(unifiedDiff(lines(65_536), lines(65_536, 'x')).at(-1)).toBe('+x');
});

test('a change is shown among three lines before and after it', () => {
  const lines = ['1', '2', '3', '4', '5', '6', '7', '8', '9'];
  const changed = lines.with(4, 'five').join('\n');
  expect(unifiedDiff(lines.join('\n'), changed)).toEqual([
    '@@ -2,7 +2,7 @@', ' 2', ' 3', ' 4', '-5', '+five', ' 6', ' 7', ' 8',
  ]);
});

test('what is far apart is in hunks of its own', () => {
  const lines = Array.from({ length: 20 }, (_, index) => String(index + 1));
  const changed = ['0', ...lines.slice(0, -1)].join('\n');
  expect(unifiedDiff(lines.join('\n'), changed)).toEqual([
    '@@ -1,3 +1,4 @@', '+0', ' 1', ' 2', ' 3', '@@ -17,4 +18,3 @@', ' 17', ' 18', ' 19', '-20',
  ]);
});

/** Makes the other text of a text and a diff, as `patch` would: by its line numbers, and only where its lines fit. */
function patch(text: string, diff: readonly string[]): string {
  const from = text.split('\n');
  const to: string[] = [];
  let next = 0;
  for (const line of diff) {
    const [, begin, count] = /^@@ -(\d+),(\d+) /.exec(line) ?? [];
    if (begin !== undefined) {
      const hunk = Number(begin) - (count === '0' ? 0 : 1);
      to.push(...from.slice(next, hunk));
      next = hunk;
    } else {
      if (!line.startsWith('+')) expect(from[next++]).toBe(line.slice(1));
      if (!line.startsWith('-')) to.push(line.slice(1));
    }
  }
  return [...to, ...from.slice(next)].join('\n');
}

test('the other text can be made of the text and the diff, whatever the texts are', () => {
  const text = fc.array(fc.constantFrom('a', 'b', '@@', ''), { minLength: 1, maxLength: 25 }).map((lines) => lines.join('\n'));
  fc.assert(fc.property(text, text, (from, to) => void expect(patch(from, unifiedDiff(from, to))).toBe(to)), { numRuns: 2_000 });
});

test('two long texts with nothing in common are compared in no time', () => {
  const long = (word: string) => Array.from({ length: 60_000 }, (_, index) => `${word}${index}`).join('\n');
  const beganMs = performance.now();
  expect(unifiedDiff(long('a'), long('b'))).toHaveLength(120_001);
  expect(performance.now() - beganMs).toBeLessThan(1_000);
});
