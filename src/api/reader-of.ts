import type { Context } from 'hono';
import { parseAccept } from 'hono/utils/accept';
import type { Env } from './context.ts';

/** Returns the language of a page for somebody who is not signed in. */
export const localeOf = (c: Context<Env>): 'es' | 'en' =>
  /^en/i.test(c.req.header('Accept-Language') ?? '') ? 'en' : 'es';

/** Says whether a person reads the answer: a browser names text/html, and a program does not or prefers JSON. */
export function isReadByPerson(c: Context<Env>): boolean {
  const accepted = parseAccept(c.req.header('Accept') ?? '');
  const weightOf = (pattern: RegExp) =>
    Math.max(0, ...accepted.filter(({ type }) => pattern.test(type)).map(({ q }) => q));
  const html = weightOf(/^(text\/html|application\/xhtml\+xml)$/i);
  return html > 0 && html >= weightOf(/json$/i);
}
