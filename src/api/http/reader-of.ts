import type { Context } from 'hono';
import { parseAccept } from 'hono/utils/accept';
import type { Env } from './context.ts';

/** Returns the language of a page for somebody who is not signed in: the one of ours that their browser prefers. */
export function localeOf(c: Context<Env>): 'es' | 'en' {
  const accepted = parseAccept(c.req.header('Accept-Language') ?? '');
  const weightOf = (language: RegExp) =>
    Math.max(0, ...accepted.filter(({ type }) => language.test(type)).map(({ q }) => q));
  return weightOf(/^en(-|$)/i) > weightOf(/^es(-|$)/i) ? 'en' : 'es';
}

/**
 * Says whether a person reads the answer: a browser prefers text/html, and a program does not name it or names JSON as
 * well.
 */
export function isReadByPerson(c: Context<Env>): boolean {
  const accepted = parseAccept(c.req.header('Accept') ?? '');
  const weightOf = (pattern: RegExp) =>
    Math.max(0, ...accepted.filter(({ type }) => pattern.test(type)).map(({ q }) => q));
  const html = weightOf(/^(text\/html|application\/xhtml\+xml)$/i);
  return html > weightOf(/json$/i);
}
