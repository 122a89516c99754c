import { createRequire } from 'node:module';
import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import { createApp } from '../../src/api/app.ts';
import { contracts } from '../../src/events/index.ts';
import { appDeps, untouchable } from '../support/app.ts';

const app = createApp(appDeps(untouchable));

test('the AsyncAPI document is valid by the specification’s own schema, and names every event type', async () => {
  const response = await app.request('/asyncapi.json');
  const document = (await response.json()) as { channels: object; components: { messages: object } };
  const specification = createRequire(import.meta.url)('@asyncapi/specs/schemas/3.0.0-without-$id.json');
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
  const validate = ajv.compile(specification as object);
  expect(validate(document) ? [] : validate.errors).toEqual([]);
  const types = contracts.map(({ type }) => type);
  expect(Object.keys(document.channels)).toEqual(types);
  expect(Object.keys(document.components.messages)).toEqual(types);
  expect(validate({ ...document, channels: { X: { messages: 7 } } })).toBe(false);
});

test('every reference in the AsyncAPI document leads somewhere', async () => {
  const document: unknown = await (await app.request('/asyncapi.json')).json();
  const references: string[] = [];
  JSON.stringify(document, (key, value: unknown) => {
    if (key === '$ref') references.push(String(value));
    return value;
  });
  const follow = (reference: string) =>
    reference.slice(2).split('/').reduce((at, step) => (at as Record<string, unknown> | undefined)?.[step], document);
  expect(references.length).toBeGreaterThan(contracts.length);
  expect(references.filter((reference) => follow(reference) === undefined)).toEqual([]);
});

test('the events’ page lists them without a script', async () => {
  const response = await app.request('/events');
  const text = await response.text();
  expect(response.headers.get('Content-Security-Policy')).not.toContain('script-src');
  for (const { type } of contracts) expect(text).toContain(`id="${type}.v`);
});
