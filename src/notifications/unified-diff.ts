const CONTEXT = 3;
/** Beyond, finding what two texts have in common would hold the process up. */
const MOST_CELLS = 1_000_000;

/** `' '`, `-` or `+` and a line. */
type Edit = readonly [' ' | '-' | '+', string];

/** What has to change in one text for the other: the lines of a unified diff, without file names; none for the same. */
export function unifiedDiff(from: string, to: string): readonly string[] {
  const edits = compare(from.split('\n'), to.split('\n'));
  const changed = edits.flatMap(([sign], index) => (sign === ' ' ? [] : [index]));
  const hunks: { begin: number; end: number }[] = [];
  for (const index of changed) {
    const last = hunks.at(-1);
    if (last !== undefined && index - CONTEXT <= last.end) last.end = index + CONTEXT + 1;
    else hunks.push({ begin: Math.max(0, index - CONTEXT), end: index + CONTEXT + 1 });
  }
  const toLines = (part: readonly Edit[]) => part.map(([sign, line]) => sign + line);
  return hunks.flatMap(({ begin, end }) => [head(edits, begin, end), ...toLines(edits.slice(begin, end))]);
}

/** `@@ -1,4 +1,5 @@`: where the hunk begins in each text, and how many lines of it there are. */
function head(edits: readonly Edit[], begin: number, end: number): string {
  const count = (without: string, lines: readonly Edit[]) => lines.filter(([sign]) => sign !== without).length;
  const range = (without: string) => {
    const lines = count(without, edits.slice(begin, end));
    return `${count(without, edits.slice(0, begin)) + (lines === 0 ? 0 : 1)},${lines}`;
  };
  return `@@ -${range('+')} +${range('-')} @@`;
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
