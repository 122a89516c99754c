import { createRequire } from 'node:module';
import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import { createApp } from '../../../src/api/app.ts';
import { contracts } from '../../../src/events/index.ts';
import { appDeps, untouchable } from '../../support/app.ts';

const app = createApp(appDeps(untouchable));

interface AsyncApi {
  readonly servers: Readonly<Record<string, { readonly security: readonly object[] }>>;
  readonly channels: Readonly<Record<string, { readonly address: string; readonly messages: object }>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, object>>;
    readonly securitySchemes: object;
    readonly messages: Readonly<
      Record<
        string,
        { readonly payload: object; readonly examples: readonly { readonly payload: Record<string, unknown> }[] }
      >
    >;
  };
}
const read = async () => (await (await app.request('/asyncapi.json')).json()) as AsyncApi;
const types = contracts.map(({ type }) => type);

test('the AsyncAPI document is valid by the specification’s own schema, and names every event type', async () => {
  const document = await read();
  const specification = createRequire(import.meta.url)('@asyncapi/specs/schemas/3.1.0-without-$id.json');
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
  const validate = ajv.compile(specification as object);
  expect(validate(document) ? [] : validate.errors).toEqual([]);
  expect(Object.keys(document.channels['events']?.messages ?? {})).toEqual(types);
  expect(Object.keys(document.components.messages)).toEqual(types);
  expect(validate({ ...document, channels: { X: { messages: 7 } } })).toBe(false);
});

test('the AsyncAPI document says how to sign in, and where subscribers read', async () => {
  const { servers, channels, components } = await read();
  expect(components.securitySchemes).toMatchObject({ bearer: { type: 'http', scheme: 'bearer' } });
  for (const { security } of Object.values(servers))
    expect(security).toEqual([{ $ref: '#/components/securitySchemes/bearer' }]);
  expect(channels['events']?.address).toBe('/backoffice/events/cloudevents');
});

test('each message of the AsyncAPI document is a CloudEvent, with an example that its contract and its schema accept', async () => {
  const { components } = await read();
  const validate = (payload: object) =>
    new Ajv({ strict: false, validateFormats: false, allErrors: true }).compile({ ...payload, components });
  for (const { type, version, schema, subjectField } of contracts) {
    const { payload, examples: [example] = [] } = components.messages[type] ?? {};
    const check = validate(payload ?? {});
    expect([type, check(example?.payload), check.errors]).toEqual([type, true, null]);
    expect(check({ ...example?.payload, type: 'x' })).toBe(false);
    expect([type, schema.safeParse(example?.payload['data']).error]).toEqual([type, undefined]);
    expect(example?.payload).toMatchObject({
      type: `ai.techmarket.${type}.v${version}`,
      subject: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
    });
    expect(subjectField).toMatch(/Id$/);
  }
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
