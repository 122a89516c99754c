import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { TemplateRefused, checkTemplate } from '../../../src/notifications/templates/check-template.ts';
import type { TemplateProblem } from '../../../src/notifications/templates/check-template.ts';
import { defineTemplate } from '../../../src/notifications/templates/template-contract.ts';
import { compilePart } from '../../../src/notifications/templates/template-language.ts';
import type { TemplatePart } from '../../../src/documents/document-store.ts';
import { busyMsOf } from '../../support/busy.ts';

const contract = defineTemplate({
  name: 'test',
  category: 'tests',
  onUnknown: 'hold',
  importance: 'normal',
  channels: ['inbox', 'email'],
  props: z.strictObject({
    name: z.string(),
    link: z.url(),
    note: z.string().optional(),
    tenant: z.strictObject({ name: z.string() }),
    lines: z.array(z.strictObject({ label: z.string(), count: z.int() })),
  }),
});

const WHOLE: readonly TemplatePart[] = [
  { locale: 'es', part: 'email.subject', source: 'Hola\n' },
  { locale: 'es', part: 'email.html', source: '<p>Hola</p>' },
  { locale: 'es', part: 'email.text', source: 'Hola' },
  { locale: 'es', part: 'inbox', source: 'Hola' },
];

const withPart = (part: string, source: unknown) =>
  WHOLE.map((whole) => (whole.part === part ? ({ ...whole, source } as TemplatePart) : whole));

function problemsOf(parts: readonly TemplatePart[]): readonly TemplateProblem[] {
  try {
    checkTemplate(contract, parts);
    return [];
  } catch (error) {
    if (error instanceof TemplateRefused) return error.problems;
    throw error;
  }
}

describe('a part is refused with its line', () => {
  const cases: readonly [title: string, source: unknown, line: number, message: RegExp][] = [
    ['a call of the constructor', 'a\n{{constructor.constructor "return process"}}', 2, /no helper/],
    ['a path through the constructor', '\n\n{{name.constructor}}', 3, /not in the contract/],
    ['a path through __proto__', '{{__proto__.x}}', 1, /not in the contract/],
    ['a prototype inside a block', '{{#each lines}}\n{{this.constructor}}\n{{/each}}', 2, /not in the contract/],
    ['lookup', '{{lookup name "constructor"}}', 1, /no helper/],
    ['log', '{{log name}}', 1, /no helper/],
    ['with', '{{#with tenant}}{{name}}{{/with}}', 1, /no helper/],
    ['three braces', 'a\nb\n{{{name}}}', 3, /not escaped/],
    ['an ampersand', 'a\n{{& name}}', 2, /not escaped/],
    ['an unescaped variable inside a block', '{{#if name}}\n{{{name}}}{{/if}}', 2, /not escaped/],
    ['an unknown helper', 'a\n{{shout name}}', 2, /no helper/],
    ['an unknown block', 'a\n{{#shout name}}x{{/shout}}', 2, /no helper/],
    ['a variable as a block', '{{#tenant}}{{name}}{{/tenant}}', 1, /no helper/],
    ['a raw block', '{{{{shout}}}} x {{{{/shout}}}}', 1, /no helper/],
    ['a partial', 'a\n{{> header}}', 2, /partial/],
    ['a partial that would include itself', '{{#> email.html}}x{{/email.html}}', 1, /partial|well-formed/],
    ['an inline partial', '{{#*inline "x"}}y{{/inline}}', 1, /partial/],
    ['a decorator', '{{* x}}', 1, /partial/],
    ['@root', 'a\n{{@root.name}}', 2, /not in the contract/],
    ['a step out of the template', '{{../name}}', 1, /not in the contract/],
    ['an unknown variable', 'a\n{{nmae}}', 2, /"nmae" is not in the contract/],
    ['an unknown variable in a condition', '{{#if nmae}}x{{/if}}', 1, /"nmae"/],
    ['an unknown variable of a list', '{{#each lines}}{{name}}{{/each}}', 1, /"name"/],
    ['a list where text is due', '{{lines}}', 1, /not text/],
    ['an object where text is due', '{{tenant}}', 1, /not text/],
    ['each over text', '{{#each name}}x{{/each}}', 1, /not a list/],
    ['a literal as a variable', '{{url "javascript:x"}}', 1, /other than a variable/],
    ['a sub-expression', '{{url (url link)}}', 1, /other than a variable/],
    ['a hash', '{{url link safe=name}}', 1, /one variable/],
    ['block parameters', '{{#each lines as |line|}}{{line.label}}{{/each}}', 1, /one variable/],
    ['a link without the helper', '<a href="{{link}}">x</a>', 1, /\{\{url link\}\}/],
    ['a link that begins in the template', '<a href="https://x.example/{{name}}">x</a>', 1, /\{\{url name\}\}/],
    ['a link behind a comment', '<a href="{{! x}}{{link}}">x</a>', 1, /\{\{url link\}\}/],
    ['a link inside a block', '<a href="{{#if name}}{{link}}{{/if}}">x</a>', 1, /\{\{url link\}\}/],
    ['a block that is never closed', 'a\n{{#if name}}\nb\nc', 2, /never closed/],
    ['a block closed by another', 'a\n{{#if name}}x\n{{/unless}}', 2, /well-formed/],
    ['an expression that is never closed', 'a\nb {{name', 2, /well-formed/],
    ['a parsed template instead of text', { type: 'Program', body: [] }, 1, /not text/],
    ['a number instead of text', 7, 1, /not text/],
    ['NUL', 'a\u0000b', 1, /NUL/],
    ['half a character', 'a\ud83d', 1, /half a character/],
  ];
  test.each(cases)('%s', (_title, source, line, message) => {
    expect(problemsOf(withPart('email.html', source))).toEqual([
      { locale: 'es', part: 'email.html', line, message: expect.stringMatching(message) },
    ]);
  });

  test('a subject of two lines', () => {
    expect(problemsOf(withPart('email.subject', 'one\ntwo'))).toMatchObject([{ part: 'email.subject', line: 2 }]);
  });
});

describe('what would be slow to compile is refused before it is compiled', () => {
  const cases: readonly [title: string, source: string, message: RegExp][] = [
    ['5,000 nested blocks', '{{#if name}}'.repeat(5_000) + '{{/if}}'.repeat(5_000), /nests more than|larger/],
    ['5,000 nested inverse blocks', '{{^if note}}'.repeat(5_000), /nests more than|expressions/],
    ['a chain of else-ifs', `{{#if note}}${'{{else if note}}'.repeat(400)}{{/if}}`, /nests more than/],
    ['1 MB', 'x'.repeat(2 ** 20), /larger/],
    ['1 MB of braces', '{'.repeat(2 ** 20), /larger/],
    ['64 KB of line breaks and braces', '\n{{'.repeat(21_000), /500 characters/],
    ['10,000 variables', '{{name}}'.repeat(8_000), /expressions/],
    ['a path of 30,000 steps', `{{${'a.'.repeat(30_000)}a}}`, /more than 500 characters/],
    ['closing tags hidden in comments', '{{#if name}}{{!-- {{/if}} --}}'.repeat(2_000), /expressions/],
    ['comments that are never closed', '{{!--'.repeat(13_000), /500 characters/],
  ];
  test.each(cases)('%s', (_title, source, message) => {
    const busyMs = busyMsOf(() => {
      const problems = problemsOf(withPart('email.text', source));
      expect(problems).toMatchObject([{ part: 'email.text', message: expect.stringMatching(message) }]);
    });
    expect(busyMs).toBeLessThan(50);
  });

  test('many parts that are each within their limits', () => {
    const locales = Array.from({ length: 20 }, (_, at) => (at === 0 ? 'es' : `x${String.fromCharCode(97 + at)}`));
    const partsOf = (source: string) => locales.flatMap((locale) => WHOLE.map(({ part }) => ({ locale, part, source })));
    const busyMs = busyMsOf(() => {
      expect(problemsOf(partsOf('{{name}}'.repeat(190)))).toEqual([
        { locale: 'es', part: '*', line: 1, message: 'and the other parts have more than 4000 expressions together' },
      ]);
    });
    expect(busyMs).toBeLessThan(50);
    expect(problemsOf(partsOf('{{name}}'.repeat(50)))).toEqual([]);
  });

  test('the largest template that is accepted is checked and compiled in time', () => {
    const nest = `<a href=${'{{#if name}}'.repeat(20)}{{url link}}${'{{/if}}'.repeat(20)}>`.repeat(12);
    const source = `${nest}${'<a href='.repeat(7_000)}>`;
    const busyMs = busyMsOf(() => {
      expect(problemsOf(withPart('email.html', source))).toEqual([]);
      compilePart('email.html', source)({ name: 'x', link: 'https://x.example' });
    });
    expect(busyMs).toBeLessThan(250);
  });

  test('twenty nested blocks are not too many', () => {
    const source = '{{#if name}}'.repeat(20) + '{{/if}}'.repeat(20);
    expect(problemsOf(withPart('email.text', source))).toEqual([]);
    expect(problemsOf(withPart('email.text', `{{#if name}}${source}{{/if}}`))).toHaveLength(1);
  });

  test('blocks after one another are not nested, whatever their number', () => {
    const block = '{{#if note}}a{{else if name}}b{{else}}c{{/if}}\n';
    expect(problemsOf(withPart('email.text', block.repeat(100)))).toEqual([]);
    expect(problemsOf(withPart('email.text', `{{#if name}}${block.repeat(100)}{{/if}}`))).toEqual([]);
  });
});

test('the whole language is accepted', () => {
  const source = [
    '{{!-- who it is for --}}<p title="{{name}}">{{tenant.name}}</p><a href="{{url link}}">{{link}}</a>',
    '{{#each lines}}{{label}}: {{this.count}} {{../name}} {{#unless count}}-{{else}}+{{/unless}}{{else}}none{{/each}}',
    '{{#if note}}{{note}}{{else if name}}{{name}}{{~/if~}} \\{{literally}}',
  ].join('\n');
  expect(problemsOf(withPart('email.html', source))).toEqual([]);
});

describe('a version has every part of its channels in every language', () => {
  const english = WHOLE.map((part) => ({ ...part, locale: 'en' }));
  test.each([
    ['a missing part', WHOLE.slice(1), [{ locale: 'es', part: 'email.subject', message: 'is missing' }]],
    ['a part missing in one language', [...WHOLE, ...english.slice(0, 3)], [{ locale: 'en', part: 'inbox' }]],
    ['a part of another channel', [...WHOLE, { locale: 'es', part: 'push', source: 'x' }], [{ part: 'push' }]],
    ['a part twice', [...WHOLE, ...WHOLE.slice(0, 1)], [{ part: 'email.subject' }]],
    ['neither Spanish nor English', WHOLE.map((part) => ({ ...part, locale: 'fr' })), [{ locale: 'es', part: '*' }]],
    ['a locale that is none', [...WHOLE, ...WHOLE.map((part) => ({ ...part, locale: '../x' }))], [{ locale: '../x' }]],
    ['nothing at all', [], [{ locale: 'es', part: '*' }]],
  ])('%s', (_title, parts, problems) => {
    expect(problemsOf(parts)).toMatchObject(problems);
  });

  test('everything that is wrong is reported at once', () => {
    expect(problemsOf(withPart('inbox', '{{a}}\n{{b}}\n{{{name}}}')).map(({ line }) => line)).toEqual([1, 2, 3]);
  });
});
