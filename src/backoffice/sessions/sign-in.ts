import { html } from 'hono/html';
import type { Api, ApiDeps } from '../../api/http/context.ts';
import { toProblem } from '../../api/http/problem.ts';
import { assertSameOrigin, beginSession, endSession } from './session.ts';
import { limitForm, readForm } from '../kit/read-form.ts';
import { type Html, pageHeaders, shell } from '../kit/shell.ts';
import { common, type Language, languageOf } from '../kit/words.ts';

/** The page where an operator shows a token; `problem` says why the last one would not do. */
export function signInPage(language: Language, problem = ''): Html {
  const say = common[language];
  const body = html`<form class="card sign-in" method="post" action="/backoffice/sign-in">
        <p><label for="token">${say.token}</label></p>
        <p><textarea id="token" name="token" rows="6" required autofocus autocomplete="off" spellcheck="false"></textarea></p>
        <p class="bad" role="alert">${problem}</p>
        <p><button>${say.signIn}</button></p>
      </form>`;
  return shell({ title: say.signIn, body }, language);
}

/** Where operators' sessions begin and end. */
export function signInRoutes(api: Api, deps: Pick<ApiDeps, 'tokens' | 'revocations' | 'config'>): void {
  const { tokens, config } = deps;
  const publicUrl = config.PUBLIC_URL;

  api.get('/backoffice/sign-in', (c) => c.html(signInPage(languageOf(c)), 200, pageHeaders));

  api.post('/backoffice/sign-in', limitForm, async (c) => {
    assertSameOrigin(c, publicUrl);
    const { token = '' } = await readForm(c);
    try {
      await beginSession(c, String(token).trim(), { tokens, publicUrl });
    } catch (error) {
      const { status, message } = toProblem(error);
      if (status !== 401 && status !== 403) throw error;
      return c.html(signInPage(languageOf(c), message), status, pageHeaders);
    }
    return c.redirect('/backoffice', 303);
  });

  api.post('/backoffice/sign-out', async (c) => {
    assertSameOrigin(c, publicUrl);
    await endSession(c, deps);
    return c.redirect('/backoffice/sign-in', 303);
  });
}
