import bidiFactory from 'bidi-js';
import { type FontName, fontFor } from './pdf-fonts.ts';

/** A piece of a line in one font, in the order in which it is read. */
export interface Run {
  readonly text: string;
  readonly font: FontName;
}

/** A line of text: its runs from left to right, and their width. */
export interface Line {
  readonly runs: readonly Run[];
  readonly width: number;
}

export interface LayoutOptions {
  readonly width: number;
  readonly isBold: boolean;
  /** Returns the width of a run. */
  measure(run: Run): number;
}

const bidi = bidiFactory();
const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });
const IDEOGRAPH = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u;
const REVERSED_BY_FONT: ReadonlySet<FontName> = new Set(['hebrew', 'arabic']);

/**
 * Breaks text into lines no wider than `width`, each with its runs in visual order (Unicode's bidirectional algorithm).
 */
export function layoutText(text: string, options: LayoutOptions): readonly Line[] {
  const shown = printable(text);
  const direction = startsRightToLeft(shown) ? 'rtl' : 'ltr';
  return breakLines(shown, options).map((line) => {
    const runs = visualRuns(line.trimEnd(), direction, options.isBold);
    return { runs, width: sum(runs.map(options.measure)) };
  });
}

/** Removes what has no shape on paper; joiners stay, they shape what is around them. */
const printable = (text: string): string =>
  text.normalize('NFC').replaceAll(/\s/gu, ' ').replaceAll(/[[\p{Cc}\p{Cf}]--[\u200c\u200d]]/gv, '');

const startsRightToLeft = (text: string): boolean =>
  /^[^\p{L}]*[\p{Script=Hebrew}\p{Script=Arabic}]/u.test(text);

/** Breaks at spaces and between ideographs, and inside a word that is wider than a line. */
function breakLines(text: string, options: LayoutOptions): readonly string[] {
  const lines: string[] = [];
  let line = '';
  const widthOf = (part: string) => sum(fontRuns([...split(part.trimEnd())], options.isBold).map(options.measure));
  for (const word of wordsOf(text)) {
    if (widthOf(line + word) <= options.width) {
      line += word;
      continue;
    }
    if (line.trim() !== '') lines.push(line);
    line = '';
    for (const letter of split(word)) {
      if (line !== '' && widthOf(line + letter) > options.width) {
        lines.push(line);
        line = '';
      }
      line += letter;
    }
  }
  return [...lines, line];
}

const split = (text: string): readonly string[] => [...graphemes.segment(text)].map(({ segment }) => segment);

const wordsOf = (text: string): readonly string[] =>
  text.split(/(?<= )(?! )/u).flatMap((word) => (IDEOGRAPH.test(word) ? split(word) : [word]));

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

/** Joins neighbouring letters of one font. */
function fontRuns(letters: readonly string[], isBold: boolean): readonly Run[] {
  const runs: { text: string; font: FontName }[] = [];
  for (const text of letters) {
    const font = fontFor(text, isBold);
    const last = runs.at(-1);
    if (last?.font === font) last.text += text;
    else runs.push({ text, font });
  }
  return runs;
}

/** Orders a line's letters from left to right; a run that is read from right to left is one word at most. */
function visualRuns(line: string, direction: 'ltr' | 'rtl', isBold: boolean): readonly Run[] {
  const { levels } = bidi.getEmbeddingLevels(line, direction);
  const pieces: { letters: string[]; font: FontName; level: number }[] = [];
  let at = 0;
  for (const letter of split(line)) {
    const level = levels[at] ?? 0;
    at += letter.length;
    const font = fontFor(letter, isBold);
    const last = pieces.at(-1);
    const isBreak = level % 2 === 1 && (letter === ' ' || last?.letters[0] === ' ');
    if (last?.level === level && last.font === font && !isBreak) last.letters.push(letter);
    else pieces.push({ letters: [letter], font, level });
  }
  return reorder(pieces).map(({ letters, font, level }) => ({
    font,
    text: level % 2 === 1 ? rightToLeft(letters, font) : letters.join(''),
  }));
}

/** Mirrors brackets; reverses what the font's own layout leaves in reading order. */
const rightToLeft = (letters: readonly string[], font: FontName): string =>
  REVERSED_BY_FONT.has(font)
    ? letters.join('')
    : letters.toReversed().map((letter) => bidi.getMirroredCharacter(letter) ?? letter).join('');

/** Reverses sequences from the highest level down to the lowest odd one (rule L2). */
function reorder<T extends { readonly level: number }>(pieces: readonly T[]): readonly T[] {
  const ordered = [...pieces];
  for (let level = Math.max(0, ...ordered.map((piece) => piece.level)); level > 0; level -= 1) {
    for (let start = 0; start < ordered.length; start += 1) {
      let end = start;
      while (end < ordered.length && (ordered[end]?.level ?? 0) >= level) end += 1;
      if (end > start + 1) ordered.splice(start, end - start, ...ordered.slice(start, end).toReversed());
      start = Math.max(start, end);
    }
  }
  return ordered;
}
