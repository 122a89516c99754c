/** What a template may be before anything parses it. The compiler's own time grows with the square of the nesting. */
export const templateLimits = Object.freeze({
  bytes: 65_536,
  /** Blocks inside one another, each `else if` counted as one. */
  nesting: 20,
  /** `{{…}}` of any kind. */
  expressions: 500,
  /** `{{…}}` of all parts of a version: parsing one takes about 20 µs. */
  allExpressions: 4_000,
  /** Characters of one `{{…}}`. */
  expressionLength: 500,
});

export interface Scan {
  /** The first limit the text breaks, if any: it must not be compiled. */
  readonly problem?: { readonly line: number; readonly message: string };
  /** Lines of the blocks still open at the end, outermost first. */
  readonly openBlocks: readonly number[];
}

/** Counts the `{{…}}` of a text, comments too. */
export const countExpressions = (source: string): number => source.split('{{').length - 1;

/** Measures a template in one pass, without parsing: comments count as expressions, which errs on the safe side. */
export function scanTemplate(source: string): Scan {
  const { bytes, nesting, expressions, expressionLength } = templateLimits;
  const open: { readonly line: number; levels: number }[] = [];
  const openBlocks = () => open.map((block) => block.line);
  const refuse = (line: number, message: string) => ({ problem: { line, message }, openBlocks: openBlocks() });
  if (Buffer.byteLength(source) > bytes) return refuse(1, `is larger than ${bytes} bytes`);

  let [line, lineEnd] = [1, source.indexOf('\n')];
  let [count, depth] = [0, 0];
  for (let at = source.indexOf('{{'); at !== -1; at = source.indexOf('{{', at + 2)) {
    for (; lineEnd !== -1 && lineEnd < at; line += 1) lineEnd = source.indexOf('\n', lineEnd + 1);
    const text = source.slice(at, at + expressionLength + 1);
    count += 1;
    if (count > expressions) return refuse(line, `has more than ${expressions} expressions`);
    if (text.length > expressionLength && !text.includes('}}')) {
      return refuse(line, `has an expression of more than ${expressionLength} characters`);
    }
    const innermost = open.at(-1);
    if (/^\{\{~?\s*[#^]\s*[^\s}~]/.test(text)) {
      open.push({ line, levels: 1 });
      depth += 1;
    } else if (/^\{\{~?\s*else\s+[^\s}~]/.test(text) && innermost !== undefined) {
      innermost.levels += 1;
      depth += 1;
    } else if (/^\{\{~?\s*\//.test(text)) {
      depth -= open.pop()?.levels ?? 0;
    }
    if (depth > nesting) return refuse(line, `nests more than ${nesting} blocks`);
  }
  return { openBlocks: openBlocks() };
}
