import type { Context } from 'hono';
import { setCookie } from 'hono/cookie';
import { html } from 'hono/html';
import { validate as isUuid } from 'uuid';
import type { z } from 'zod';
import type { Api, ApiDeps, Env } from '../../api/http/context.ts';
import { notFound, Problem, toProblem } from '../../api/http/problem.ts';
import { refuse } from '../../api/http/refuse.ts';
import { requestLog } from '../../api/http/request-log.ts';
import { requireSession } from '../sessions/session.ts';
import { signInPage } from '../sessions/sign-in.ts';
import { type Html, type Page, pageHeaders, shell, UI, type Viewer } from './shell.ts';
import { common, type Language, LANGUAGE_COOKIE, LANGUAGES, languageOf } from './words.ts';

const YEAR_SECONDS = 31_536_000;

/** A page that operators open: its path, and what its path and query may say. */
export interface PageRoute<Params extends z.ZodObject, Query extends z.ZodObject> {
  readonly path: string;
  readonly params: Params;
  readonly query: Query;
}

export interface Asked<Params extends z.ZodObject, Query extends z.ZodObject> {
  readonly viewer: Viewer;
  readonly params: z.output<Params>;
  readonly query: z.output<Query>;
}

/** Shows a page to whoever is signed in; everybody else is asked to sign in first. */
export function page<Params extends z.ZodObject, Query extends z.ZodObject>(
  api: Api,
  deps: ApiDeps,
  { path, params, query }: PageRoute<Params, Query>,
  show: (asked: Asked<Params, Query>) => Promise<Page>,
): void {
  api.get(path, (c) =>
    answering(c, deps, async (viewer) => {
      const { language, done, ...asked } = c.req.query();
      const chosen = LANGUAGES.find((one) => one === language);
      if (chosen !== undefined) {
        setCookie(c, LANGUAGE_COOKIE, chosen, { path: '/backoffice', sameSite: 'Strict', httpOnly: true, maxAge: YEAR_SECONDS });
        return c.redirect(withoutLanguage(c.req.url), 303);
      }
      // A form sends each of its fields, also those left empty.
      const given = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== ''));
      const shown = await show({ viewer, params: read(params, c.req.param(), 'param'), query: read(query, given, 'query') });
      const body = done !== undefined && isUuid(done) ? html`${doneNote(viewer, done)}${shown.body}` : shown.body;
      return c.html(shell({ title: shown.title, body }, viewer.language, viewer), 200, pageHeaders);
    }),
  );
}

/** Answers a signed-in operator, with a page also where something is wrong. */
export async function answering(
  c: Context<Env>,
  { tokens }: Pick<ApiDeps, 'tokens'>,
  answer: (viewer: Viewer) => Promise<Response>,
): Promise<Response> {
  const language = languageOf(c);
  let viewer: Viewer | undefined;
  try {
    const operator = await requireSession(c, tokens);
    c.set('caller', operator);
    const { pathname, searchParams } = new URL(c.req.url);
    const inLanguage = (other: Language) => `${pathname}?${new URLSearchParams({ ...Object.fromEntries(searchParams), language: other }).toString()}`;
    viewer = { operator, language, mayWrite: operator.roles.has('backoffice:write'), path: pathname, inLanguage };
    return await answer(viewer);
  } catch (error) {
    const problem = toProblem(error);
    if (problem.status >= 500) requestLog(c).error({ error }, 'request failed');
    if (problem.status === 401) return c.html(signInPage(language), 401, pageHeaders);
    const shown = { title: common[language].notDone, body: problemBody(problem, { language, traceId: c.get('trace').traceId }) };
    return new Response(String(await shell(shown, language, viewer)), {
      status: problem.status,
      headers: { ...problem.headers, ...pageHeaders, 'Content-Type': 'text/html; charset=UTF-8' },
    });
  }
}

/** Reads a part of a request. @throws {Problem} 404 or 422 */
export function read<Schema extends z.ZodType>(schema: Schema, given: unknown, target: 'param' | 'query' | 'json'): z.output<Schema> {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  refuse({ success: false, target, error: result.error });
  throw notFound();
}

function withoutLanguage(url: string): string {
  const { pathname, searchParams } = new URL(url);
  searchParams.delete('language');
  return searchParams.size === 0 ? pathname : `${pathname}?${searchParams.toString()}`;
}

const doneNote = ({ language }: Viewer, actionId: string): Html =>
  html`<p class="note good" role="status">${common[language].done} <a href="${UI}/actions/${actionId}">${common[language].seeRecord}</a></p>`;

function problemBody({ status, message, errors = [] }: Problem, { language, traceId }: { readonly language: Viewer['language']; readonly traceId: string }): Html {
  const say = common[language];
  const known = { 404: say.notFound, 422: say.unacceptable }[status] ?? message;
  return html`<div class="note bad" role="alert">
      <p>${known}</p>
      ${errors.length === 0 ? '' : html`<ul>${errors.map(({ pointer, detail }) => html`<li><code>${pointer}</code> ${detail}</li>`)}</ul>`}
    </div>
    <p class="soft">${say.trace} <code>${traceId}</code></p>`;
}
