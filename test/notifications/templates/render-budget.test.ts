import { describe, expect, test } from 'vitest';
import { compile } from '../../../src/notifications/templates/render.ts';
import { renderLimits } from '../../../src/notifications/templates/render-budget.ts';
import { RenderError } from '../../../src/notifications/templates/template-language.ts';
import { scanTemplate, templateLimits } from '../../../src/notifications/templates/scan-template.ts';

const STALL_MS = 100;

const emailOf = (html: string, subject = 'x') => [
  { locale: 'es', part: 'email.subject', source: subject },
  { locale: 'es', part: 'email.html', source: html },
  { locale: 'es', part: 'email.text', source: html },
];

/** Renders a mail. Returns the problem, and the milliseconds of the fastest of three times: a busy machine is no finding. */
function attempt(html: string, props: unknown): { readonly problem: string | undefined; readonly ms: number } {
  expect(scanTemplate(html).problem).toBeUndefined();
  const runs = [1, 2, 3].map(() => {
    const began = performance.now();
    let problem: string | undefined;
    try {
      compile(emailOf(html)).render({ channel: 'email', locale: 'es', props });
    } catch (error) {
      if (!(error instanceof RenderError)) throw error;
      problem = error.message;
    }
    return { problem, ms: performance.now() - began };
  });
  return { problem: runs[0]?.problem, ms: Math.min(...runs.map(({ ms }) => ms)) };
}

// Equal items are one scope to Handlebars.
const nested = (depth: number, body: string) =>
  `{{#each texts}}${'{{#each ../texts}}'.repeat(depth - 1)}${body}${'{{/each}}'.repeat(depth)}`;
const list = (length: number, text: string) => ({ texts: Array<string>(length).fill(text) });
const { nesting, expressions, bytes } = templateLimits;
const STEPS = `email.html: takes more than ${renderLimits.steps} steps`;
const CHARACTERS = `email.html: makes more than ${renderLimits.characters} characters`;
const REPEATED = 'email.html: repeats a text that is too long';

describe('what takes too much work is not rendered, and soon', () => {
  test.each<[string, string, object, string]>([
    ['nested lists of 75,000 empty texts', nested(2, ''), list(75_000, ''), STEPS],
    ['one list of 75,000 empty texts', nested(1, '{{this}}'), list(75_000, ''), STEPS],
    ['twenty lists inside one another', nested(nesting, ''), list(10, ''), STEPS],
    ['twenty lists of two, which double each time', nested(nesting, 'x'), list(2, ''), STEPS],
    ['a list whose items evaluate every expression there may be', `{{#each texts}}${'{{../x}}'.repeat(expressions - 2)}{{/each}}`, { ...list(10_000, ''), x: '' }, STEPS],
    ['conditions inside lists', nested(3, '{{#if this}}a{{else}}b{{/if}}'), list(200, ''), STEPS],
    ['lists that stand side by side', '{{#each texts}}{{#each ../texts}}{{/each}}{{/each}}'.repeat(20), list(1_000, ''), STEPS],
    ['a long text of the template in a list', `{{#each texts}}${'x'.repeat(bytes - 100)}{{/each}}`, list(1_000, ''), CHARACTERS],
    ['a long text of the template in nested lists', nested(2, 'x'.repeat(60_000)), list(50, ''), CHARACTERS],
    ['a long variable, many times', '{{x}}'.repeat(expressions), { x: '&'.repeat(200_000) }, REPEATED],
    ['a long variable in a list', '{{#each texts}}{{../x}}{{/each}}', { ...list(50_000, ''), x: '<'.repeat(100_000) }, CHARACTERS],
    ['a long text in a list in a list', '{{#each texts}}{{#each ../texts}}{{this}}{{/each}}{{/each}}', list(200, '"'.repeat(1_000)), CHARACTERS],
    ['a text that grows by escaping', '{{x}}', { x: '"'.repeat(200_000) }, CHARACTERS],
    ['a long link', '{{url x}}'.repeat(100), { x: `https://a.example/${'é'.repeat(50_000)}` }, REPEATED],
  ])('%s', (_what, html, props, problem) => {
    const { ms, ...found } = attempt(html, props);
    expect(found).toEqual({ problem });
    expect(ms).toBeLessThan(STALL_MS);
  });
});

describe('what a notification needs is rendered', () => {
  test.each<[string, string, object]>([
    ['twenty long texts of a digest', '{{#each texts}}<p>{{this}}</p>{{/each}}', list(20, '"'.repeat(2_000))],
    ['a list of thousands', '{{#each texts}}{{this}}{{else}}none{{/each}}', list(9_000, 'a')],
    ['as many expressions as there may be', '{{x}}'.repeat(expressions), { x: 'a name of twenty characters'.repeat(10) }],
    ['blocks as deep as they may be', `${'{{#if x}}'.repeat(nesting)}x${'{{/if}}'.repeat(nesting)}`, { x: 'a' }],
    ['the largest template', 'x'.repeat(bytes), {}],
  ])('%s', (_what, html, props) => {
    const { ms, problem } = attempt(html, props);
    expect(problem).toBeUndefined();
    expect(ms).toBeLessThan(STALL_MS);
  });

  test('a second rendering has a whole budget of its own', () => {
    const template = compile(emailOf('{{#each texts}}{{this}}{{/each}}'));
    for (let count = 0; count < 5; count += 1) {
      const { text } = template.render({ channel: 'email', locale: 'es', props: list(9_000, 'a') });
      expect(text).toHaveLength(9_000);
    }
  });
});
