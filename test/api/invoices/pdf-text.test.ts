import { expect, test } from 'vitest';
import { layoutText } from '../../../src/api/invoices/pdf-text.ts';

const measure = ({ text }: { readonly text: string }) => [...text].length;
const lay = (text: string, width = 100) => layoutText(text, { width, isBold: false, measure });
const lines = (text: string, width: number) => lay(text, width).map(({ runs }) => runs.map((run) => run.text).join(''));
const runs = (text: string) => lay(text)[0]?.runs.map((run) => `${run.font}:${run.text}`);

test('text breaks at spaces, between ideographs, and inside a word that is wider than the line', () => {
  expect(lines('uno dos tres', 8)).toEqual(['uno dos', 'tres']);
  expect(lines('株式会社東京', 4)).toEqual(['株式会社', '東京']);
  expect(lines('10,000,000.00', 6)).toEqual(['10,000', ',000.0', '0']);
  expect(lines('', 8)).toEqual(['']);
});

test('each script gets its font, and a sequence of emoji stays whole', () => {
  expect(runs('Łódź 株 👩‍👩‍👧 ok')).toEqual(['regular:Łódź ', 'eastern:株', 'regular: ', 'emoji:👩‍👩‍👧', 'regular: ok']);
});

test('what is read from right to left is ordered so, with its numbers as they are and its brackets mirrored', () => {
  expect(runs('שלום עולם')).toEqual(['hebrew:עולם', 'regular: ', 'hebrew:שלום']);
  expect(runs('Casa שלום 24')).toEqual(['regular:Casa ', 'regular:24', 'regular: ', 'hebrew:שלום']);
  expect(runs('שלום (a) 24')).toEqual([
    'regular:24',
    'regular: ',
    'regular:(',
    'regular:a',
    'regular:)',
    'regular: ',
    'hebrew:שלום',
  ]);
});

test('what has no shape is left out: controls, bidirectional marks, zero-width spaces', () => {
  expect(lines('a\u202eb\u200bc\u0007d\u2066e', 20)).toEqual(['abcde']);
});
