const CONTEXT = 3;
/** Beyond, finding what two texts have in common would hold the process up. */
const MOST_CELLS = 1_000_000;
const MOST_LINES = 65_536;

/** `' '`, `-` or `+` and a line. */
type Edit = readonly [' ' | '-' | '+', string];

/**
 * Returns the lines of a unified diff of two texts, without file names; none when the texts are the same. Texts
 * of too many lines are not compared.
 */
export function unifiedDiff(from: string, to: string): readonly string[] {
  if (from === to) return [];
  const [before, after] = [from, to].map((text) => text.split('\n', MOST_LINES + 1));
  if (before === undefined || after === undefined) return [];
  if (Math.max(before.length, after.length) > MOST_LINES) return [`@@ more than ${MOST_LINES} lines are not compared @@`];
  const edits = compare(before, after);
  const changed = edits.flatMap(([sign], index) => (sign === ' ' ? [] : [index]));
  const hunks: { begin: number; end: number }[] = [];
  for (const index of changed) {
    const last = hunks.at(-1);
    if (last !== undefined && index - CONTEXT <= last.end) last.end = index + CONTEXT + 1;
    else hunks.push({ begin: Math.max(0, index - CONTEXT), end: index + CONTEXT + 1 });
  }
  const starts = { '-': 1, '+': 1 };
  const diff: string[] = [];
  let at = 0;
  for (const { begin, end } of hunks) {
    advance(starts, edits.slice(at, begin));
    at = begin;
    const hunk = edits.slice(begin, end);
    diff.push(head(hunk, starts));
    for (const [sign, line] of hunk) diff.push(sign + line);
  }
  return diff;
}

/** Numbers of the next line in each text. */
type Starts = Record<'-' | '+', number>;

function advance(starts: Starts, passed: readonly Edit[]): void {
  starts['-'] += passed.filter(([sign]) => sign !== '+').length;
  starts['+'] += passed.filter(([sign]) => sign !== '-').length;
}

/** `@@ -1,4 +1,5 @@`: where the hunk begins in each text, and how many lines of it there are. */
function head(hunk: readonly Edit[], starts: Starts): string {
  const range = (own: '-' | '+') => {
    const lines = hunk.filter(([sign]) => sign === ' ' || sign === own).length;
    return `${own}${starts[own] - (lines === 0 ? 1 : 0)},${lines}`;
  };
  return `@@ ${range('-')} ${range('+')} @@`;
}

function compare(from: readonly string[], to: readonly string[]): readonly Edit[] {
  let start = 0;
  while (start < from.length && start < to.length && from[start] === to[start]) start += 1;
  let same = 0;
  while (same < Math.min(from.length, to.length) - start && from.at(-1 - same) === to.at(-1 - same)) same += 1;
  const keep = (lines: readonly string[]): Edit[] => lines.map((line) => [' ', line]);
  return [
    ...keep(from.slice(0, start)),
    ...compareMiddles(from.slice(start, from.length - same), to.slice(start, to.length - same)),
    ...keep(from.slice(from.length - same)),
  ];
}

/** By the longest common subsequence, unless the texts are too long for that: then everything has changed. */
function compareMiddles(from: readonly string[], to: readonly string[]): readonly Edit[] {
  const all: Edit[] = [...from.map((line): Edit => ['-', line]), ...to.map((line): Edit => ['+', line])];
  const width = to.length + 1;
  if ((from.length + 1) * width > MOST_CELLS) return all;
  const common = new Uint32Array((from.length + 1) * width); // of what follows each pair of lines
  const at = (row: number, column: number) => common[row * width + column] ?? 0;
  for (let row = from.length - 1; row >= 0; row -= 1) {
    for (let column = to.length - 1; column >= 0; column -= 1) {
      const isSame = from[row] === to[column];
      const without = Math.max(at(row + 1, column), at(row, column + 1));
      common[row * width + column] = isSame ? at(row + 1, column + 1) + 1 : without;
    }
  }
  const edits: Edit[] = [];
  for (let row = 0, column = 0; row < from.length || column < to.length; ) {
    const [mine, theirs] = [from[row], to[column]];
    if (mine !== undefined && mine === theirs) {
      edits.push([' ', mine]);
      [row, column] = [row + 1, column + 1];
    } else if (mine !== undefined && (theirs === undefined || at(row + 1, column) >= at(row, column + 1))) {
      edits.push(['-', mine]);
      row += 1;
    } else {
      edits.push(['+', theirs ?? '']);
      column += 1;
    }
  }
  return edits;
}
