import { codeOf, problemTypes, problemUri } from '../http/problem-types.ts';
import { EXAMPLE_ID, fieldExamples as byName } from './examples.ts';
import { schemaExamples } from './schema-examples.ts';
import {
  type Content,
  type Document,
  type Media,
  type Operation,
  operationsOf,
  type Parameter,
  type Schema,
} from './shapes.ts';

const FORMATS: Readonly<Record<string, string>> = {
  uuid: EXAMPLE_ID,
  'date-time': '2026-11-24T09:30:00.000Z',
  date: '2026-11-24',
  email: 'ana@example.com',
};

const fieldExamples: Readonly<Record<string, unknown>> = { ...byName, ...schemaExamples };

const typesOf = ({ type = [] }: Schema) => [type].flat();

/** Returns the example of a field; undefined where its parts have examples of their own. */
export function exampleOf(schema: Schema, name: string, owner = ''): unknown {
  const own = `${owner}.${name}`;
  const key = [own, name].find((one) => Object.hasOwn(fieldExamples, one));
  const { const: literal, enum: members, format, items } = schema;
  if (literal !== undefined) return literal;
  if (key === own) return fieldExamples[own];
  if (members !== undefined) return members[0];
  if (format !== undefined && Object.hasOwn(FORMATS, format)) return FORMATS[format];
  if (items !== undefined && items.$ref === undefined && (key === undefined || !Array.isArray(fieldExamples[key]))) {
    const item = exampleOf(items, name, owner);
    return item === undefined ? undefined : [item];
  }
  if (key !== undefined) return fieldExamples[key];
  if (typesOf(schema).includes('boolean')) return true;
  return schema.example;
}

/** Builds a value from the examples of a schema's fields; of several forms the first one. */
export function composeExample(
  schema: Schema,
  schemas: Document['components']['schemas'] = {},
  name = '',
  owner = '',
): unknown {
  const { $ref, properties, items, anyOf, oneOf, allOf = [], examples } = schema;
  const compose = (part: Schema, field = name) => composeExample(part, schemas, field, owner);
  if ($ref !== undefined) {
    const target = $ref.split('/').at(-1) ?? '';
    return composeExample(schemas[target] ?? {}, schemas, name, target);
  }
  if (examples !== undefined) return examples[0];
  const [form] = anyOf ?? oneOf ?? [];
  if (form !== undefined) return compose(form);
  if (allOf.length > 0) return Object.assign({}, ...allOf.map((part) => compose(part)));
  if (properties !== undefined) {
    return Object.fromEntries(Object.entries(properties).map(([field, part]) => [field, compose(part, field)]));
  }
  if (items !== undefined && (items.$ref ?? items.properties ?? items.anyOf) !== undefined) return [compose(items)];
  return exampleOf(schema, name, owner);
}

/** Returns the document with an example for each field, each parameter and each problem. */
export function addExamples(document: Document, publicUrl: string): Document {
  const { schemas } = document.components;
  const withFields = Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, fill(schema, name)]));
  const paths = operationsOf(document, (operation, _, path) => ({
    ...operation,
    ...(operation.parameters && { parameters: operation.parameters.map((one) => fillParameter(one, path)) }),
    responses: fillProblems(operation, publicUrl),
  }));
  return { ...document, paths, components: { ...document.components, schemas: withFields } };
}

/** Fills the fields of a schema. */
function fill(schema: Schema, owner: string): Schema {
  const { properties, allOf } = schema;
  return {
    ...schema,
    ...(allOf && { allOf: allOf.map((part) => fill(part, owner)) }),
    ...(properties && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, field]) => [name, fillField(field, name, owner)]),
      ),
    }),
  };
}

/** A reference has its examples where it leads. */
const isElsewhere = ({ $ref, items, anyOf = [], allOf = [], oneOf = [] }: Schema): boolean =>
  $ref !== undefined || (items !== undefined && isElsewhere(items)) || [...anyOf, ...allOf, ...oneOf].some(isElsewhere);

function fillField(field: Schema, name: string, owner: string): Schema {
  const { example: _, ...rest } = field;
  const example = isElsewhere(field) ? undefined : exampleOf(field, name, owner);
  return example === undefined ? rest : { ...rest, examples: [example] };
}

function fillParameter(parameter: Parameter, path: string): Parameter {
  const { example: own, ...schema } = parameter.schema;
  const owner = ownerOf(parameter, path);
  const example = parameter.in === 'header' ? own : exampleOf(parameter.schema, parameter.name, owner);
  return { ...parameter, schema, ...(example !== undefined && { example }) };
}

/** Returns the word of a path to which a parameter belongs: `jobs` for the name in `/jobs/{name}/runs`. */
function ownerOf({ name, in: place }: Parameter, path: string): string {
  const before = place === 'path' ? path.slice(0, path.indexOf(`/{${name}}`)) : path;
  return before.split('/').findLast((part) => !part.startsWith('{')) ?? '';
}

const fillProblems = ({ responses }: Operation, publicUrl: string): Operation['responses'] =>
  Object.fromEntries(
    Object.entries(responses).map(([status, answer]) => [status, fillProblem(answer, Number(status), publicUrl)]),
  );

function fillProblem(answer: Content, status: number, publicUrl: string): Content {
  const type = 'application/problem+json';
  const media: Media | undefined = answer.content?.[type];
  if (media === undefined) return answer;
  const code = codeOf(status);
  const { title, cause } = problemTypes[code];
  const example = {
    type: problemUri(publicUrl, code),
    title,
    status,
    code,
    detail: cause,
    traceId: fieldExamples['traceId'],
  };
  return { ...answer, content: { ...answer.content, [type]: { ...media, example } } };
}
