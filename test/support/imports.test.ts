import { expect, test } from 'vitest';
import { readSource } from './imports.ts';

test('values are told from types, in every form of an import', () => {
  const { imports } = readSource(`
    import one, { two as other, type Three } from './a.ts';
    import type { Four } from './b.ts';
    import * as all from './c.ts';
    export { five } from './d.ts';
    export type { Six } from './e.ts';
    export * from './f.ts';
    import './g.ts';
    const late = await import('./h.ts');
    import {
      seven,
      type Eight,
    } from "./i.ts";
  `);
  expect(Object.fromEntries(imports.map(({ from, values }) => [from, values]))).toEqual({
    './a.ts': ['default', 'two'], './b.ts': [], './c.ts': ['*'], './d.ts': ['five'], './e.ts': [], './f.ts': ['*'],
    './g.ts': ['*'], './h.ts': ['*'], './i.ts': ['seven'],
  });
});

test('what comments, strings, templates and patterns say is no import', () => {
  const { imports, code } = readSource([
    "// import a from './a.ts';",
    "/* import './b.ts';",
    "   await import('./c.ts') */",
    `const text = "import d from './d.ts'";`,
    'const template = `',
    "import e from './e.ts';",
    "${await import('./real.ts')} process.env`;",
    "const pattern = /['\"`]import '.*/;",
    "const half = total / 2; import f from './also-real.ts'; // it's",
  ].join('\n'));
  expect(imports.map(({ from }) => from).toSorted()).toEqual(['./also-real.ts', './real.ts']);
  expect(code).not.toContain('process.env');
  expect(code.split('\n')).toHaveLength(9);
});
