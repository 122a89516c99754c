import type { Context } from 'hono';
import type { z } from 'zod';
import { invalid, notFound, type Flaw } from './problem.ts';
import { sentenceOf } from './sentences.ts';

type Validated =
  | { readonly success: true; readonly target: string }
  | { readonly success: false; readonly target: string; readonly error: z.ZodError };

const PARTS: Readonly<Record<string, Flaw['in']>> = { json: 'body', query: 'query', header: 'header' };
const MOST_FLAWS = 20;
/** A key that an answer can repeat: a short name. Anything else could be a person's text. */
const NAME = /^[\p{L}\p{N}_.@/~-]{1,60}$/u;

/**
 * Refuses what does not fit a route's schema.
 * @throws {Problem} 404 for a path that can't be anything's, else 422 with each flaw; never with a value of the input.
 */
export function refuse(validated: Validated, c?: Pick<Context, 'req'>): void {
  if (validated.success) return;
  const part = PARTS[validated.target];
  if (part === undefined) throw notFound();
  const repeated = repeatedIn(part === 'query' ? (c?.req.queries() ?? {}) : {});
  throw invalid(
    validated.error.issues
      .slice(0, MOST_FLAWS)
      .flatMap((issue) => toFlaws(issue, part))
      .slice(0, MOST_FLAWS)
      .map((flaw) => (repeated.has(flaw.pointer) ? { ...flaw, detail: 'must be given once' } : flaw)),
  );
}

/** Returns the pointers of parameters that a query has more than once. */
const repeatedIn = (queries: Readonly<Record<string, readonly string[]>>): ReadonlySet<string> =>
  new Set(Object.entries(queries).flatMap(([name, values]) => (values.length > 1 ? [toPointer([name])] : [])));

function toFlaws(issue: z.core.$ZodIssue, part: Flaw['in'], above: readonly PropertyKey[] = []): Flaw[] {
  const path = [...above, ...issue.path];
  if (issue.code === 'invalid_union') {
    // Where the keys fit one form only, that form was meant.
    const [meant, ...others] = issue.errors.filter((form) => form.every(({ code }) => code !== 'unrecognized_keys'));
    if (meant !== undefined && others.length === 0) return meant.flatMap((inner) => toFlaws(inner, part, path));
  }
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(key, part, path));
  return [{ in: part, pointer: toPointer(path), detail: sentenceOf(issue) }];
}

function unknownKey(key: string, part: Flaw['in'], path: readonly PropertyKey[]): Flaw {
  const what = part === 'query' ? 'parameter' : 'field';
  return NAME.test(key)
    ? { in: part, pointer: toPointer([...path, key]), detail: `is not a ${what} of this request` }
    : { in: part, pointer: toPointer(path), detail: `has a ${what} that this request does not have` };
}

/** Writes a path as a JSON pointer (RFC 6901). */
const toPointer = (path: readonly PropertyKey[]) =>
  path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
