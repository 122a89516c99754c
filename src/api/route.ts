import { createRoute, z, type RouteConfig } from '@hono/zod-openapi';
import { findRule, rolesOf } from './access-rules.ts';
import { readJson } from './read-json.ts';

/** For a path without parameters, or without a query. */
export const none = z.strictObject({});

const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    traceId: z.string(),
    errors: z.array(z.object({ in: z.string(), pointer: z.string(), detail: z.string() })).optional(),
  })
  .openapi('Problem');

type Responses = RouteConfig['responses'];
const PROBLEMS: Readonly<Record<string, string>> = {
  400: 'The request can’t be read, or a header or cursor is wrong',
  401: 'No token that proves who asks',
  403: 'The token’s roles do not allow it',
  404: 'Nothing is there, or it is somebody else’s',
  409: 'The state of things does not allow it, or a request with the same key is running',
  422: 'The request is well formed, but says something that can’t be; `errors` points at each',
  429: 'Too many requests',
  503: 'Nothing can be committed now',
};
const problems: Responses = Object.fromEntries(
  Object.entries(PROBLEMS).map(([status, description]) => [
    status, { description, content: { 'application/problem+json': { schema: problem } } },
  ]),
);

/** The reference groups by it. */
const firstSegment = (path: string) => path.split('/')[1] ?? '';

const bearer = [{ bearer: [] }];

interface Declared<Path extends string> {
  readonly path: Path;
  readonly summary: string;
}

interface Write<Path extends string, Params extends z.ZodObject, Body extends z.ZodType> extends Declared<Path> {
  readonly params: Params;
  readonly body: Body;
  readonly status: 200 | 201;
  readonly answer: z.ZodType;
  /** Set where a second operator has to send the same request. */
  readonly needsSecondOperator?: boolean;
}

const idempotencyKey = z.object({
  'idempotency-key': z.string().optional().openapi({
    param: { required: true },
    description: 'One per intended write; a repetition gets the first answer.',
    example: 'c5a0a9a0-6c2a-4b63-8d36-5f0a3b8b8d11',
  }),
});

/** A POST that writes, through `command`. */
export function writeRoute<const Path extends string, Params extends z.ZodObject, Body extends z.ZodType>({
  path, summary, params, body, status, answer, needsSecondOperator = false,
}: Write<Path, Params, Body>) {
  return createRoute({
    method: 'post',
    path,
    summary,
    description: describeCallers('POST', path),
    tags: [firstSegment(path)],
    security: bearer,
    middleware: readJson,
    request: {
      params,
      query: none,
      headers: idempotencyKey,
      body: { required: true, content: { 'application/json': { schema: body } } },
    },
    responses: { ...problems, ...(needsSecondOperator && { 202: waits }), [status]: json(answer) } as Responses,
  });
}

interface Read<Path extends string, Params extends z.ZodObject, Query extends z.ZodObject> extends Declared<Path> {
  readonly params: Params;
  readonly query: Query;
  readonly answer: z.ZodType;
}

/** A GET. */
export function readRoute<const Path extends string, Params extends z.ZodObject, Query extends z.ZodObject>({
  path, summary, params, query, answer,
}: Read<Path, Params, Query>) {
  return createRoute({
    method: 'get',
    path,
    summary,
    description: describeCallers('GET', path),
    tags: [firstSegment(path)],
    security: bearer,
    request: { params, query },
    responses: { ...problems, 200: json(answer) } as Responses,
  });
}

const approval = z.object({ approvalId: z.uuid(), expiresAt: z.iso.datetime() }).openapi('Approval');
const waits = { description: 'Waits for a second operator, who sends the same', content: { 'application/json': { schema: approval } } };

const json = (schema: z.ZodType) => ({ description: 'Done', content: { 'application/json': { schema } } });

/** Names the roles for the reference; the rules use the router's spelling of a path. */
function describeCallers(method: string, path: string): string {
  const rule = findRule(method, path.replaceAll(/\{(\w+)\}/g, ':$1'));
  const roles = rule && rolesOf(rule);
  return roles === undefined ? '' : `Roles: ${roles.join(', ')}.`;
}
