import { z, type RouteConfig } from '@hono/zod-openapi';
import { codeOf, problemCodes, problemTypes } from './problem-types.ts';

export type Responses = RouteConfig['responses'];

/** The headers of answers, as the reference explains them once. */
export const answerHeaders = {
  'Trace-Id': {
    description: 'Identifies the request in our logs and traces.',
    example: '4bf92f3577b34da6a3ce929d0e0e4736',
  },
  'RateLimit-Limit': { description: 'Requests that the caller can make in a minute.', example: 600 },
  'RateLimit-Remaining': { description: 'Requests that remain in this minute.', example: 598 },
  'RateLimit-Reset': { description: 'Seconds until the minute ends.', example: 42 },
  'Retry-After': { description: 'Seconds to wait before the next try.', example: 2 },
  'WWW-Authenticate': { description: 'The scheme by which to sign in.', example: 'Bearer' },
  'Idempotency-Replayed': {
    description: '`true` where the answer is the first one to this Idempotency-Key.',
    example: 'true',
  },
  Location: {
    description: 'Where to read what was created.',
    example: '/tickets/01a20c92-6087-7293-a06e-3edddc1b4fa2',
  },
  'Next-Cursor': { description: 'Give it back as `cursor` to read on.', example: 'MXh5ejBbImEiXQ' },
} as const;

type HeaderName = keyof typeof answerHeaders;

const EVERYWHERE: readonly HeaderName[] = ['Trace-Id', 'RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset'];
const OF_STATUS: Readonly<Record<number, readonly HeaderName[]>> = {
  201: ['Location'],
  401: ['WWW-Authenticate'],
  409: ['Retry-After'],
  429: ['Retry-After'],
  503: ['Retry-After'],
};

const flaw = z
  .object({
    in: z.enum(['body', 'query', 'header']),
    pointer: z.string().openapi({
      description: 'JSON pointer (RFC 6901) into that part; empty for the whole.',
      example: '/contact/email',
    }),
    detail: z.string().openapi({ example: 'must be an e-mail address' }),
  })
  .openapi('ProblemError');

const problem = z
  .object({
    type: z.url().openapi({ description: 'Address of a page that explains the problem. It is as stable as `code`.' }),
    title: z.string().openapi({ example: problemTypes['not-found'].title }),
    status: z.int().openapi({ example: 404 }),
    code: z.enum(problemCodes),
    detail: z.string().openapi({ example: 'Nothing exists at this address, or you may not see it.' }),
    traceId: z.string().optional().openapi({ example: answerHeaders['Trace-Id'].example }),
    errors: z.array(flaw).optional().openapi({ description: 'Each thing that is wrong; at most 20.' }),
  })
  .openapi('Problem');

const DESCRIPTIONS: Readonly<Record<number, string>> = {
  400: 'The request cannot be read, or a header or cursor is wrong',
  401: 'No valid token, or no valid signature',
  403: 'The token’s roles do not allow it',
  404: 'Nothing exists here, or the caller may not know of it',
  409: 'The state does not allow it, or a request with the same key is running, which `Retry-After` tells',
  413: 'The body is larger than the route takes: 256 KiB of JSON',
  415: 'The body has another type than the route reads: application/json in UTF-8',
  422: 'A value is not accepted; `errors` points at each',
  429: 'Too many requests',
  503: 'A part of the service is unavailable',
};

/** A read has no body and no key: what is wrong is in its query. */
const OF_READS: Readonly<Record<number, string>> = {
  400: 'The cursor or the position is not one that this list or stream gave out',
  409: 'The list was replaced, or the state does not allow it',
  422: 'A query parameter is not accepted, or does not exist; `errors` points at each',
};

/** Says whether a read explains a problem in its own words. */
export const differsInReads = (status: number): boolean => Object.hasOwn(OF_READS, status);

const SUCCESS: Readonly<Record<number, string>> = {
  200: 'Success',
  201: 'Created',
  202: 'Waits for a second operator, who sends the same request',
};

/** Declares an answer that is no problem. */
export function answerOf(
  status: 200 | 201 | 202,
  schema: z.ZodType,
  {
    type = 'application/json',
    headers = [],
  }: { readonly type?: string; readonly headers?: readonly HeaderName[] } = {},
) {
  return { description: SUCCESS[status] ?? '', headers: headersOf(status, headers), content: { [type]: { schema } } };
}

/** Declares the problems of a read by their statuses. */
export const problemsOfRead = (statuses: readonly number[]): Responses =>
  Object.fromEntries(
    Object.entries(problemsOf(statuses)).map(([status, answer]) => {
      const description = OF_READS[Number(status)];
      return [status, description === undefined ? answer : { ...answer, description, headers: headersOf(0) }];
    }),
  );

/** Declares problems by their statuses. */
export const problemsOf = (statuses: readonly number[]): Responses =>
  Object.fromEntries(
    statuses.map((status) => [
      status,
      {
        description: DESCRIPTIONS[status] ?? problemTypes[codeOf(status)].title,
        headers: headersOf(status),
        content: { 'application/problem+json': { schema: problem } },
      },
    ]),
  );

const headersOf = (status: number, more: readonly HeaderName[] = []) =>
  Object.fromEntries(
    [...EVERYWHERE, ...(OF_STATUS[status] ?? []), ...more].map((name) => [
      name,
      { $ref: `#/components/headers/${name}` },
    ]),
  );
