import { createRequire } from 'node:module';
import { createApp } from '../../src/api/app.ts';
import type { Document, Operation, Schema } from '../../src/api/openapi/shapes.ts';
import { appDeps, json, untouchable } from './app.ts';

/** A header or a requirement that the reference shows of an operation. */
export interface DescribedOperation extends Operation {
  readonly summary: string;
  readonly description: string;
  readonly security: readonly object[];
  readonly 'x-roles'?: readonly string[];
  readonly responses: Readonly<
    Record<string, Operation['responses'][string] & { readonly headers?: Readonly<Record<string, object>> }>
  >;
}

/** One operation of the document with its address. */
export interface Route {
  readonly method: string;
  readonly path: string;
  readonly operation: DescribedOperation;
}

export const readDocument = async (): Promise<Document> =>
  (await json(await createApp(appDeps(untouchable)).request('/openapi.json'))) as unknown as Document;

/** Each operation, its answers in full. */
export function routesOf({ paths, components }: Document): readonly Route[] {
  const inFull = (operation: Operation) =>
    ({
      ...operation,
      responses: Object.fromEntries(
        Object.entries(operation.responses).map(([status, answer]) => [
          status,
          answer.$ref === undefined ? answer : components.responses?.[answer.$ref.split('/').at(-1) ?? ''],
        ]),
      ),
    }) as DescribedOperation;
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      operation: inFull(operation),
    })),
  );
}

/** Each schema below another one, with the way to it. */
export function* schemasWithin(schema: Schema, way: string): Generator<readonly [way: string, schema: Schema]> {
  yield [way, schema];
  if (schema.description === 'Any JSON value.') return;
  const { properties = {}, items, additionalProperties, anyOf = [], oneOf = [], allOf = [] } = schema;
  for (const [name, part] of Object.entries(properties)) yield* schemasWithin(part, `${way}.${name}`);
  if (items !== undefined) yield* schemasWithin(items, `${way}[]`);
  if (typeof additionalProperties === 'object') yield* schemasWithin(additionalProperties, `${way}{}`);
  for (const [index, part] of [...anyOf, ...oneOf, ...allOf].entries()) yield* schemasWithin(part, `${way}|${index}`);
}

type Validate = ((value: unknown) => boolean) & { readonly errors?: readonly object[] | null };

interface AjvLike {
  addSchema(schema: object, key: string): AjvLike;
  compile(schema: object): Validate;
}

/** Compiles the document's schemas: `#/components/schemas/X` and inline ones. */
export function openValidator({ components }: Pick<Document, 'components'>): (schema: Schema) => Validate {
  const { Ajv2020 } = createRequire(import.meta.url)('ajv/dist/2020.js') as {
    Ajv2020: new (options: object) => AjvLike;
  };
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  ajv.addSchema({ $id: 'https://columna.example/api', components }, 'api');
  const absolute = (schema: Schema) =>
    JSON.parse(
      JSON.stringify(schema).replaceAll('"#/components/', '"https://columna.example/api#/components/'),
    ) as object;
  return (schema) => ajv.compile(absolute(schema));
}

/** Returns the document with objects that have no other field than it names. */
export function closed(document: Document): Document {
  const { schemas } = document.components;
  const open = new Set(
    [...JSON.stringify(schemas).matchAll(/"allOf":\[\{"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(
      ([, name]) => name,
    ),
  );
  const close = (schema: Schema, name: string): object => {
    if (open.has(name)) return schema;
    if (schema.allOf !== undefined) return { ...schema, unevaluatedProperties: false };
    return schema.properties === undefined ? schema : { additionalProperties: false, ...schema };
  };
  const entries = Object.entries(schemas).map(([name, schema]) => [name, close(schema, name)]);
  return {
    ...document,
    components: { ...document.components, schemas: Object.fromEntries(entries) as typeof schemas },
  };
}
