import { STATUS_CODES } from 'node:http';
import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { IllegalTransition } from '../../domain/illegal-transition.ts';
import { bounds, type BoundName, windowAt } from '../../domain/bounds.ts';
import { classify } from '../../platform/unavailable.ts';
import { findReachedBound } from '../../store/operations/bounds.ts';
import type { Env } from './context.ts';
import { codeOf, type ProblemCode, problemTypes, problemUri } from './problem-types.ts';

/** One thing that is wrong with a request. */
export interface Flaw {
  readonly in: 'body' | 'query' | 'header';
  /** JSON pointer (RFC 6901) into that part of the request; empty for the whole. */
  readonly pointer: string;
  readonly detail: string;
}

export interface ProblemOptions {
  readonly errors?: readonly Flaw[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly bound?: BoundName;
  /** The general kind of the status when absent. */
  readonly code?: ProblemCode;
}

/** An answer that is an error, fit for the asker's eyes (RFC 9457). */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  readonly code: ProblemCode;
  readonly errors: readonly Flaw[] | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** The bound that the caller used up. */
  readonly bound: BoundName | undefined;

  constructor(
    status: number,
    detail: string,
    { errors, headers = {}, bound, code = codeOf(status) }: ProblemOptions = {},
  ) {
    super(detail);
    this.status = status;
    this.code = code;
    this.errors = errors;
    this.headers = headers;
    this.bound = bound;
  }
}

/** Makes the 404 for what does not exist, and for what the caller may not know of. */
export const notFound = () => new Problem(404, 'Nothing exists at this address, or you may not see it.');

/** Makes the 409 for an action on something else than its preview showed. */
export const outdated = (detail: string) => new Problem(409, detail, { code: 'preview-outdated' });

/** Makes the 422 for a well-formed request of which some parts cannot be accepted. */
export const invalid = (errors: readonly Flaw[]) => new Problem(422, NOT_ACCEPTED, { errors });

/** Makes the 422 for one part of a well-formed body. */
export const unprocessable = (pointer: string, detail: string) => invalid([{ in: 'body', pointer, detail }]);

const NOT_ACCEPTED = 'Some values are not accepted. Correct what `errors` points at.';
const RETRY_AFTER_SECONDS = '2';

/** 503 for a part that is unavailable; nothing was done, or a repetition with the same Idempotency-Key finds out. */
export const unavailable = (detail: string) =>
  new Problem(503, detail, { headers: { 'Retry-After': RETRY_AFTER_SECONDS } });

/** Makes the 429 for a bound that is used up. */
function boundReached(bound: BoundName): Problem {
  const { uses, window } = bounds[bound];
  const now = new Date();
  const seconds = Math.ceil((windowAt(bound, now).end.getTime() - now.getTime()) / 1_000);
  const headers = { 'Retry-After': String(seconds) };
  return new Problem(429, `Too many ${uses} in this ${window}.`, { headers, bound, code: 'bound-reached' });
}

const STATEMENT_TIMEOUT = '57014'; // a consumer's attempt, but a client may ask again

/** Returns true when the same request may succeed later: nothing of it is wrong. */
const mayPass = (error: unknown): boolean =>
  classify(error) !== 'fault' || (error instanceof Error && 'code' in error && error.code === STATEMENT_TIMEOUT);

/** The one mapping from anything thrown to an answer. A 500 tells nothing. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof IllegalTransition) return new Problem(409, error.message);
  const bound = findReachedBound(error);
  if (bound !== undefined) return boundReached(bound);
  if (error instanceof HTTPException) return new Problem(error.status, STATUS_CODES[error.status] ?? 'Error');
  if (mayPass(error)) {
    return unavailable('A part of the service is unavailable. Try again with the same Idempotency-Key.');
  }
  return new Problem(500, 'Something failed here. Tell us the traceId.');
}

/** Makes the problem document. `publicUrl` is where its type is explained. */
export function problemDocument({ status, code, message, errors }: Problem, publicUrl: string, traceId?: string) {
  const { title } = problemTypes[code];
  return { type: problemUri(publicUrl, code), title, status, code, detail: message, traceId, errors };
}

/** Answers with a problem, in full. */
export function answerProblem(c: Context<Env>, problem: Problem, publicUrl: string): Response {
  return new Response(JSON.stringify(problemDocument(problem, publicUrl, c.get('trace')?.traceId)), {
    status: problem.status,
    headers: { 'Content-Type': 'application/problem+json', ...problem.headers },
  });
}
