/** One import or re-export; `import('…')` counts as a value. */
export interface Import {
  /** As written: `zod`, `./event.ts`. */
  readonly from: string;
  /** What is still there when the program runs: empty for `import type`, `*` for a whole module or its side effects. */
  readonly values: readonly string[];
}

export interface Source {
  readonly imports: readonly Import[];
  /** The text without comments, regular expressions and what strings say; line breaks stay. */
  readonly code: string;
}

const COMMENT = String.raw`\/\/[^\n]*|\/\*[\s\S]*?\*\/`;
const STRING = String.raw`'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"`;
const TEMPLATE = String.raw`\x60(?:\\[\s\S]|[^\x60\\])*\x60`;
// After a name or a bracket that closes, a slash divides.
const PATTERN = String.raw`(?<=(?:[(,=:[!&|?{};>]|\breturn)\s*)\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^\/\\\n[])+\/\w*`;
const TOKEN = new RegExp(`${COMMENT}|(?<string>${STRING})|(?<template>${TEMPLATE})|${PATTERN}`, 'g');

const STATEMENT = /\b(?:import|export)\s+(?<type>type\s+(?!from\b))?(?<names>[\w\s{},*$]+?)\s*\bfrom\s*'(?<from>\d+)'/g;
const WHOLE = /\bimport\s*\(?\s*'(?<from>\d+)'/g;

/** Reads what a TypeScript file imports and what it says beside its comments and texts. */
export function readSource(text: string): Source {
  const strings: string[] = [];
  const strip = (part: string): string =>
    part.replaceAll(TOKEN, (token, ...rest) => {
      const { string, template } = rest.at(-1) as Record<string, string | undefined>;
      if (string !== undefined) return `'${strings.push(string.slice(1, -1)) - 1}'`;
      // What stands in the holes of a template is code.
      const holes = template?.match(/(?<=\$\{)[^}]*/g)?.map(strip).join(' ') ?? '';
      return `${holes}${'\n'.repeat(token.split('\n').length - holes.split('\n').length)}`;
    });
  const code = strip(text);
  const said = (match: RegExpMatchArray) => strings[Number(match.groups?.['from'])] ?? '';
  const named = [...code.matchAll(STATEMENT)].map((match) => ({ from: said(match), values: valuesOf(match.groups) }));
  const whole = [...code.matchAll(WHOLE)].map((match) => ({ from: said(match), values: ['*'] }));
  return { imports: [...named, ...whole], code };
}

/** `a, { b as c, type D }` is `default` and `b`. */
function valuesOf({ type, names = '' }: Record<string, string | undefined> = {}): string[] {
  if (type !== undefined) return [];
  const [, outside = '', inside = ''] = /^([^{]*)(?:\{([\s\S]*)\})?/.exec(names) ?? [];
  const list = (part: string) => part.split(',').map((name) => name.trim()).filter(Boolean);
  return [
    ...list(outside).map((name) => (name.startsWith('*') ? '*' : 'default')),
    ...list(inside).filter((name) => !name.startsWith('type ')).map((name) => name.split(/\s/)[0] ?? name),
  ];
}
