import type { z } from 'zod';
import { notFound, Problem, type Flaw } from './problem.ts';

type Validated =
  | { readonly success: true; readonly target: string }
  | { readonly success: false; readonly target: string; readonly error: z.ZodError };

const PARTS: Readonly<Record<string, Flaw['in']>> = { json: 'body', query: 'query', header: 'header' };

/**
 * Refuses what does not fit a route's schema.
 * @throws {Problem} 404 for a path that can't be anything's, else 422 with each flaw; never with the input itself.
 */
export function refuse(validated: Validated): void {
  if (validated.success) return;
  const part = PARTS[validated.target];
  if (part === undefined) throw notFound();
  const errors = validated.error.issues.slice(0, 20).flatMap((issue) => toFlaws(issue, part));
  throw new Problem(422, 'The request is well formed, but can’t be accepted.', { errors });
}

function toFlaws(issue: z.core.$ZodIssue, part: Flaw['in']): Flaw[] {
  if (issue.code === 'invalid_union') {
    // Where the keys fit one form only, that form was meant.
    const [meant, ...others] = issue.errors.filter((form) => form.every(({ code }) => code !== 'unrecognized_keys'));
    if (meant !== undefined && others.length === 0) return meant.flatMap((inner) => toFlaws(inner, part));
  }
  const pointer = issue.path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
  return [{ in: part, pointer, detail: describe(issue) }];
}

/** Zod's own words, but for those that repeat the input. */
function describe({ code, message }: z.core.$ZodIssue): string {
  if (code === 'unrecognized_keys') return 'has keys that are not known here';
  if (code === 'invalid_union') return 'fits none of the forms that are known here';
  return message;
}
