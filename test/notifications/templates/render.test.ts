import { describe, expect, test } from 'vitest';
import { chooseLocale, compile } from '../../../src/notifications/templates/render.ts';
import { RenderError } from '../../../src/notifications/templates/template-language.ts';
import type { TemplatePart } from '../../../src/documents/document-store.ts';

/** An e-mail whose three parts are the same text. */
const emailOf = (source: string, locale = 'es'): readonly TemplatePart[] =>
  ['email.subject', 'email.html', 'email.text'].map((part) => ({ locale, part, source }));

const renderEmail = (source: string, props: unknown) =>
  compile(emailOf(source)).render({ channel: 'email', locale: 'es', props });

const reasonOf = (source: string, props: unknown): string => {
  try {
    renderEmail(source, props);
  } catch (error) {
    if (error instanceof RenderError) return error.message;
  }
  return 'it was rendered';
};

test('a variable is escaped in HTML and plain in text, in the subject and in the inbox', () => {
  const value = `O'Brien & <b>"x"</b> \`=`;
  expect(renderEmail('{{x}}', { x: value })).toEqual({
    locale: 'es',
    subject: value,
    html: 'O&#x27;Brien &amp; &lt;b&gt;&quot;x&quot;&lt;/b&gt; &#x60;&#x3D;',
    text: value,
  });
  const inbox = compile([{ locale: 'es', part: 'inbox', source: '{{x}}\n' }]);
  expect(inbox.render({ channel: 'inbox', locale: 'es', props: { x: value } })).toEqual({ locale: 'es', text: value });
});

describe('a notification with a hole is not rendered, and the reason names the variable', () => {
  test.each([
    ['missing', '{{name}}', {}, 'name'],
    ['null', '{{name}}', { name: null }, 'name'],
    ['undefined', '{{name}}', { name: undefined }, 'name'],
    ['in an object', '{{tenant.name}}', { tenant: {} }, 'name'],
    ['in a list', '{{#each lines}}{{label}}{{/each}}', { lines: [{ label: 'x' }, {}] }, 'label'],
    ['a link', '{{url link}}', {}, 'link'],
    ['a list', '{{#each lines}}{{this}}{{/each}}', {}, 'lines'],
    ['inside a condition', '{{#if yes}}{{name}}{{/if}}', { yes: true }, 'name'],
    ['what every object inherits', '{{toString}}', {}, 'toString'],
    ['the constructor', '{{constructor}}', {}, 'constructor'],
  ])('%s', (_title, source, props, variable) => {
    expect(reasonOf(source, props)).toBe(`email.subject: variable "${variable}" is missing`);
  });
});

test('an optional variable is asked for before it is used', () => {
  const source = '{{#if note}}{{note}}{{else}}none{{/if}}';
  expect(renderEmail(source, {}).text).toBe('none');
  expect(renderEmail(source, { note: 'hello' }).text).toBe('hello');
});

describe('a value that is no text is not rendered', () => {
  test.each([
    ['an object', { x: { secret: 'planted' } }],
    ['a date', { x: new Date() }],
    ['a function', { x: () => 'planted' }],
    ['a symbol', { x: Symbol('planted') }],
    ['text with NUL', { x: 'planted\u0000' }],
    ['an instance of a class', { x: new URL('https://planted.example') }],
    ['props that are a string', 'planted'],
    ['props that are null', null],
  ])('%s', (_title, props) => {
    expect(() => renderEmail('{{x}}', props)).toThrow(RenderError);
    expect(reasonOf('{{x}}', props)).not.toContain('planted');
  });

  test('props named __proto__ reach no prototype', () => {
    expect(() => renderEmail('{{polluted}}', JSON.parse('{"__proto__":{"polluted":"yes"}}'))).toThrow(RenderError);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

test.each([
  ['a\r\nBcc: x@y.example', 'a Bcc: x@y.example'], ['a\nb', 'a b'], ['a\rb', 'a b'], ['a\u2028b', 'a b'], ['a\u0007b', 'ab'],
  ['Fuga     de agua', 'Fuga de agua'], ['a\tb', 'a b'], ['\u202egpj.exe', 'gpj.exe'], ['a\u2066b\u2069', 'ab'], [' a ', 'a'],
  ['49,90\u00a0€', '49,90\u00a0€'], ['👩‍👩‍👧 مرحبا', '👩‍👩‍👧 مرحبا'], ['a\ud800', 'a\ufffd'],
])('a value becomes one line in a subject: %j', (x, subject) => {
  expect(renderEmail('{{x}}', { x }).subject).toBe(subject);
  expect(renderEmail('{{#each x}}{{this}}{{/each}}', { x: [x] }).subject).toBe(subject);
});

test('a subject whose template has several lines is refused', () => {
  expect(() => renderEmail('a\n{{x}}', { x: 'Bcc' })).toThrow(/^email\.subject: holds a line break/);
  expect(reasonOf('a\n{{x}}', { x: 'Bcc' })).not.toContain('Bcc');
});

describe('a link is https, mailto or tel', () => {
  test.each([
    ['https://x.example/a?b=1&c=2', 'https://x.example/a?b&#x3D;1&amp;c&#x3D;2'],
    ['mailto:a@b.example', 'mailto:a@b.example'],
    ['tel:+34600000000', 'tel:+34600000000'],
    ['http://localhost:3000/x', 'http://localhost:3000/x'],
    ['https://x.example/a b"c', 'https://x.example/a%20b%22c'],
  ])('%s is one', (link, html) => {
    expect(renderEmail('{{url link}}', { link }).html).toBe(html);
  });

  test.each([
    'javascript:alert(1)', ' JaVaScRiPt:alert(1)', 'java\nscript:alert(1)', 'data:text/html,x', 'vbscript:x',
    'file:///etc', 'http://x.example', '//x.example', '/path', '', 'http://localhost.x.example',
    'http://localhost@x.example',
  ])('%j is not', (link) => {
    expect(reasonOf('{{url link}}', { link })).toMatch(/: variable "link" is not an https, mailto or tel link$/);
  });
});

test('a parsed template is not taken for text', () => {
  const source = { type: 'Program', body: [] } as unknown as string;
  expect(() => renderEmail(source, {})).toThrow(/is not text/);
});

test('lists nest, and paths lead back out of them', () => {
  const cells = '{{#each cells}}{{this}}{{../../sep}}{{/each}}';
  const source = `{{#each rows}}${cells}{{#if last}}{{../end}}{{/if}}{{else}}none{{/each}}`;
  const props = { rows: [{ cells: [1, 2] }, { cells: ['x'], last: true }], sep: ',', end: '!' };
  expect(renderEmail(source, props).text).toBe('1,2,x,!');
  expect(renderEmail(source, { ...props, rows: [] }).text).toBe('none');
});

test.each([
  ['es', 'es'], ['en', 'en'], ['en-GB', 'en'], ['pt-BR', 'pt-br'], ['pt_BR', 'pt-br'],
  ['pt', 'es'], ['fr', 'es'], ['', 'es'],
])('a reader of "%s" gets "%s"', (wanted, expected) => {
  expect(chooseLocale(new Set(['en', 'pt-br', 'es']), wanted)).toBe(expected);
});

test('without Spanish a reader of neither gets English, and else what there is', () => {
  expect(chooseLocale(new Set(['de', 'en']), 'fr')).toBe('en');
  expect(chooseLocale(new Set(['de']), 'fr')).toBe('de');
  expect(() => chooseLocale(new Set(), 'fr')).toThrow(RenderError);
});
