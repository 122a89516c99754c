import { expect, test } from 'vitest';
import { approvedTemplates, readAsApproved } from '../../dev/sandbox/approved-templates.ts';
import { templateContracts } from '../../templates/index.ts';

const written = templateContracts.flatMap(({ whatsapp }) =>
  whatsapp === undefined ? [] : [whatsapp.name, ...Object.values(whatsapp.nameFor ?? {})].map((name) => ({ ...whatsapp, name })));

/** `[1, 2, 3]` for a text with `{{1}}`, `{{2}}` and `{{3}}`, in whatever order and however often. */
const parametersIn = (text: string) => {
  const numbers = [...text.matchAll(/\{\{(.*?)\}\}/g)].map(([, number]) => Number(number));
  return [...new Set(numbers)].toSorted((one, other) => one - other);
};

test('each template that we send by WhatsApp was approved in each of its languages, and no other', () => {
  const ours = written.map(({ name, languages }) => [name, Object.values(languages).toSorted()]);
  const approved = Object.entries(approvedTemplates).map(([name, bodies]) => [name, Object.keys(bodies).toSorted()]);
  expect(ours.length).toBeGreaterThan(0);
  expect(approved.toSorted()).toEqual(ours.toSorted());
});

const bodies = written.flatMap(({ name, parameters }) =>
  Object.entries(approvedTemplates[name] ?? {}).map(([language, text]) => ({ name, language, text, parameters })),
);

test.for(bodies)('$name in $language has exactly the parameters of its contract', ({ text, parameters }) => {
  expect(parametersIn(text)).toEqual(Array.from({ length: parameters }, (_, index) => index + 1));
});

test.for(bodies)('$name in $language is what Meta approves: no parameter at an end or beside another', ({ text }) => {
  expect(text).not.toMatch(/^\{\{|\}\}[.!?\s]*$|\}\}\s*\{\{/);
  expect(text.length).toBeLessThanOrEqual(1_024);
});

test('a message is read as it was approved, whatever its parameters say', () => {
  const message = { template: 'payment_failed', language: 'en', parameters: ['Frío {{2}} $& S.A.', 'MX$12.00'] };
  expect(readAsApproved(message)).toContain('The payment from Frío {{2}} $& S.A. could not be collected.\n\nAmount: MX$12.00\n');
  expect(readAsApproved({ ...message, language: 'fr' })).toBeUndefined();
  expect(readAsApproved({ ...message, template: 'constructor' })).toBeUndefined();
});
