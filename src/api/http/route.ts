import { createRoute, z } from '@hono/zod-openapi';
import { findRule, rolesOf } from './access-rules.ts';
import { answerOf, problemsOf, problemsOfRead, type Responses } from './answers.ts';
import { locate } from './locate.ts';
import { readJson } from './read-json.ts';

/** For a path without parameters, or without a query. */
export const none = z.strictObject({});

/** The reference groups by it. */
const firstSegment = (path: string) => path.split('/')[1] ?? '';

const bearer = [{ bearer: [] }];

/** A route as the reference shows it. */
export interface Declared<Path extends string> {
  readonly path: Path;
  /** Stable: generated clients name their functions by it. */
  readonly id: string;
  /** A verb and a noun. */
  readonly summary: string;
  /** Limits, units and consequences. */
  readonly description: string;
  /** Statuses of problems that the kind of route does not imply. */
  readonly problems?: readonly number[];
}

interface Write<Path extends string, Params extends z.ZodObject, Body extends z.ZodType> extends Declared<Path> {
  readonly params: Params;
  readonly body: Body;
  readonly status: 200 | 201;
  /** A body that the route accepts, where not all fields can be together. */
  readonly example?: z.input<Body>;
  readonly answer: z.ZodType;
  /** Address of what was created: `{field}` is one of the answer, `:name` one of the path. Every 201 has one. */
  readonly location?: string;
  /** Set where a second operator has to send the same request. */
  readonly needsSecondOperator?: boolean;
  /** False for a question that has a body and writes nothing. */
  readonly needsKey?: boolean;
}

const idempotencyKey = z.object({
  'idempotency-key': z
    .string()
    .optional()
    .openapi({
      param: { required: true },
      description: 'One per intended write; a repetition gets the first answer.',
      example: 'c5a0a9a0-6c2a-4b63-8d36-5f0a3b8b8d11',
    }),
});

const approval = z.object({ approvalId: z.uuid(), expiresAt: z.iso.datetime() }).openapi('Approval');

const EVERYWHERE = [401, 403, 429, 503];
const OF_WRITES = [400, 409, 413, 415, 422];

/** Declares a POST that writes, through `command` or `create`. */
export function writeRoute<const Path extends string, Params extends z.ZodObject, Body extends z.ZodType>({
  path,
  id,
  summary,
  description,
  problems = [],
  params,
  body,
  example,
  status,
  answer,
  location,
  needsSecondOperator = false,
  needsKey = true,
}: Write<Path, Params, Body>) {
  const ofWrites = OF_WRITES.filter((one) => one !== 409 || needsKey);
  const headers = needsKey ? (['Idempotency-Replayed'] as const) : [];
  return createRoute({
    method: 'post',
    path,
    operationId: id,
    summary,
    ...describeCallers('POST', path, description),
    tags: [firstSegment(path)],
    security: bearer,
    middleware: [readJson, locate(location)] as const,
    request: {
      params,
      query: none,
      headers: idempotencyKey,
      body: {
        required: true,
        content: { 'application/json': { schema: body, ...(example !== undefined && { example }) } },
      },
    },
    responses: {
      [status]: answerOf(status, answer, { headers }),
      ...(needsSecondOperator && { 202: answerOf(202, approval, { headers }) }),
      ...problemsOf([...EVERYWHERE, ...ofWrites, ...missing(path), ...problems]),
    } as Responses,
  });
}

interface Read<Path extends string, Params extends z.ZodObject, Query extends z.ZodObject> extends Declared<Path> {
  readonly params: Params;
  readonly query: Query;
  readonly answer: z.ZodType;
}

/** Declares a GET. A query parameter that the route does not have is refused (422). */
export function readRoute<const Path extends string, Params extends z.ZodObject, Query extends z.ZodObject>({
  path,
  id,
  summary,
  description,
  problems = [],
  params,
  query,
  answer,
}: Read<Path, Params, Query>) {
  const badCursor = 'cursor' in query.shape ? [400] : [];
  return createRoute({
    method: 'get',
    path,
    operationId: id,
    summary,
    ...describeCallers('GET', path, description),
    tags: [firstSegment(path)],
    security: bearer,
    request: { params, query },
    responses: {
      200: answerOf(200, answer),
      ...problemsOfRead([...EVERYWHERE, ...badCursor, 422, ...missing(path), ...problems]),
    } as Responses,
  });
}

/** A path with a parameter can lead nowhere. */
const missing = (path: string) => (path.includes('{') ? [404] : []);

/** Names the roles for the reference; the rules use the router's spelling of a path. */
export function describeCallers(method: string, path: string, description: string) {
  const rule = findRule(method, path.replaceAll(/\{(\w+)\}/g, ':$1'));
  const roles = rule && rolesOf(rule);
  if (roles === undefined) return { description };
  return {
    description: `${description}\n\nRoles: ${roles.map((role) => `\`${role}\``).join(', ')}.`,
    'x-roles': roles,
  };
}
