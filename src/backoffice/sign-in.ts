import { bodyLimit } from 'hono/body-limit';
import { html } from 'hono/html';
import type { Api, ApiDeps } from '../api/context.ts';
import { Problem, toProblem } from '../api/problem.ts';
import { assertSameOrigin, beginSession, endSession } from './session.ts';

const MAX_BYTES = 16 * 1_024;
const CSP = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'";

/** The page where an operator shows a token; `problem` says why the last one would not do. */
export const signInPage = (problem = '') => html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width" />
    <title>Columna: sign in</title>
    <link rel="icon" href="data:," />
    <style>
      :root { color-scheme: light dark; }
      body { font: 16px/1.5 system-ui, sans-serif; max-width: 30rem; margin: 15vh auto; padding: 0 1rem; }
      form { padding: 1.5rem 2rem; border: 1px solid #8885; border-radius: 0.6rem; }
      textarea { box-sizing: border-box; width: 100%; padding: 0.5rem; font-family: monospace; }
      button { padding: 0.6rem 1.4rem; border: 0; border-radius: 0.4rem; background: #0b6bcb; color: #fff; font: inherit; }
      [role='alert'] { color: #c62828; }
    </style>
  </head>
  <body>
    <h1>Columna</h1>
    <form method="post" action="/backoffice/sign-in">
      <p><label for="token">A token with the role backoffice:read or backoffice:write</label></p>
      <p><textarea id="token" name="token" rows="6" required autofocus autocomplete="off"></textarea></p>
      <p role="alert">${problem}</p>
      <p><button>Sign in</button></p>
    </form>
  </body>
</html>`;

/** Headers of the sign-in page. */
export const signInHeaders = { 'Content-Security-Policy': CSP, 'Cache-Control': 'no-store' };

/** Where operators' sessions begin and end. */
export function signInRoutes(api: Api, { tokens, config }: Pick<ApiDeps, 'tokens' | 'config'>): void {
  const publicUrl = config.PUBLIC_URL;
  const limit = bodyLimit({
    maxSize: MAX_BYTES,
    onError: () => {
      throw new Problem(413, `A form has at most ${MAX_BYTES} bytes.`, { headers: { Connection: 'close' } });
    },
  });

  api.get('/backoffice/sign-in', (c) => c.html(signInPage(), 200, signInHeaders));

  api.post('/backoffice/sign-in', limit, async (c) => {
    assertSameOrigin(c, publicUrl);
    if (!/^application\/x-www-form-urlencoded *(;|$)/i.test(c.req.header('Content-Type') ?? '')) {
      throw new Problem(415, 'The body has to be a form.');
    }
    const token = new URLSearchParams(await c.req.text()).get('token')?.trim() ?? '';
    try {
      await beginSession(c, token, { tokens, publicUrl });
    } catch (error) {
      const { status, message } = toProblem(error);
      if (status !== 401 && status !== 403) throw error;
      return c.html(signInPage(message), status, signInHeaders);
    }
    return c.redirect('/backoffice/queues', 303);
  });

  api.post('/backoffice/sign-out', (c) => {
    assertSameOrigin(c, publicUrl);
    endSession(c);
    return c.redirect('/backoffice/sign-in', 303);
  });
}
