import { type Document, type Operation, operationsOf, type Schema } from './shapes.ts';

/**
 * Returns the document with a name for each object: a body is named by its operation, a part by its owner and field.
 * Generated clients name their types by them.
 * @throws {Error} when two different schemas would have one name.
 */
export function nameSchemas(document: Document): Document {
  const schemas: Record<string, Schema> = {};

  function put(name: string, schema: Schema): Schema {
    if (name in schemas && JSON.stringify(schemas[name]) !== JSON.stringify(schema))
      throw new Error(`two schemas are named ${name}`);
    schemas[name] = schema;
    return { $ref: `#/components/schemas/${name}` };
  }

  /** Names the parts of a schema that has a name itself. */
  function within(schema: Schema, owner: string): Schema {
    const [reference, ...notes] = schema.allOf ?? [];
    // The generator writes a described reference as `allOf`, as OpenAPI 3.0 had to.
    const isDescribed =
      reference?.$ref !== undefined && notes.every((note) => Object.keys(note).every((key) => ANNOTATIONS.has(key)));
    if (isDescribed) return Object.assign({}, ...(schema.allOf ?? [])) as Schema;
    const { properties, items, additionalProperties, allOf, anyOf, oneOf } = schema;
    const some = (forms: readonly Schema[]) => forms.map((form) => visit(form, formName(owner, form, forms)));
    return {
      ...schema,
      ...(properties && { properties: mapValues(properties, (part, field) => visit(part, owner + pascal(field))) }),
      ...(items && { items: visit(items, singular(owner)) }),
      ...(typeof additionalProperties === 'object' && {
        additionalProperties: visit(additionalProperties, singular(owner)),
      }),
      ...(allOf && { allOf: allOf.map((part) => within(part, owner)) }),
      ...(anyOf && { anyOf: some(anyOf) }),
      ...(oneOf && { oneOf: some(oneOf) }),
    };
  }

  function visit(schema: Schema, name: string): Schema {
    if (schema.properties === undefined) return within(schema, name);
    const isNullable = Array.isArray(schema.type) && schema.type.includes('null');
    const { description, ...rest } = schema;
    const reference = put(name, within(isNullable ? { ...rest, type: 'object' } : rest, name));
    const described = description === undefined ? {} : { description };
    return isNullable ? { anyOf: [reference, { type: 'null' }], ...described } : { ...reference, ...described };
  }

  for (const [name, schema] of Object.entries(document.components.schemas)) put(name, within(schema, name));

  function body(schema: Schema | undefined, name: string): Schema | undefined {
    const isPlain = schema === undefined || schema.$ref !== undefined || schema.type === 'string';
    return isPlain ? schema : put(name, within(schema, name));
  }

  const nameBodies = (operation: Operation): Operation => {
    const name = pascal(operation.operationId);
    const { requestBody, responses } = operation;
    const content = (one: typeof requestBody, suffix: string) =>
      one?.content && {
        ...one,
        content: mapValues(one.content, (media) => ({ ...media, schema: body(media.schema, name + suffix) })),
      };
    return {
      ...operation,
      ...(requestBody && { requestBody: content(requestBody, 'Request') }),
      responses: mapValues(responses, (answer) => content(answer, 'Answer') ?? answer),
    } as Operation;
  };
  const paths = operationsOf(document, nameBodies);
  return { ...document, paths, components: { ...document.components, schemas: sorted(schemas) } };
}

const ANNOTATIONS = new Set(['description', 'example', 'default']);

/** One of several forms is named by its literal, else by its first field. */
function formName(owner: string, form: Schema, forms: readonly Schema[]): string {
  const { properties = {} } = form;
  if (forms.filter(({ type }) => type !== 'null').length === 1) return owner;
  const literal = Object.values(properties)
    .map((part) => part.const ?? (part.enum?.length === 1 ? part.enum[0] : undefined))
    .find((value) => typeof value === 'string');
  return literal === undefined ? `${owner}By${pascal(Object.keys(properties)[0] ?? '')}` : owner + pascal(literal);
}

/** Writes a name as a type's. */
export const pascal = (text: string) =>
  text
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join('');

function singular(name: string): string {
  if (name.endsWith('ies')) return `${name.slice(0, -3)}y`;
  if (/(ss|us|x|sh|ch)es$/.test(name)) return name.slice(0, -2);
  return /[^s]s$/.test(name) ? name.slice(0, -1) : `${name}Item`;
}

const mapValues = <T, R>(object: Readonly<Record<string, T>>, map: (value: T, key: string) => R): Record<string, R> =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value, key)]));

const sorted = (schemas: Readonly<Record<string, Schema>>) =>
  Object.fromEntries(Object.entries(schemas).toSorted(([one], [other]) => (one < other ? -1 : 1)));
