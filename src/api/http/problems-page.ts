import { html } from 'hono/html';
import type { Api } from './context.ts';
import { notFound } from './problem.ts';
import { type ProblemCode, problemCodes, problemTypes } from './problem-types.ts';
import { smallPage, smallPageHeaders } from './small-page.ts';

const headers = { ...smallPageHeaders, 'Cache-Control': 'public, max-age=3600' };

/** The pages that explain each kind of problem, where its `type` leads. */
export function problemRoutes(api: Api): void {
  api.get('/problems', (c) => c.html(smallPage({ locale: 'en', title: 'Problems', content: list }), 200, headers));

  api.get('/problems/:code', (c) => {
    const code = problemCodes.find((one) => one === c.req.param('code'));
    if (code === undefined) throw notFound();
    return c.html(smallPage({ locale: 'en', title: problemTypes[code].title, content: explain(code) }), 200, headers);
  });
}

const list = html`<p>Errors are problem documents (RFC 9457). Decide by <code>code</code>.</p>
  <ul>
    ${problemCodes.map(
      (code) =>
        html`<li>
          <a href="/problems/${code}"><code>${code}</code></a
          >: ${problemTypes[code].title}
        </li>`,
    )}
  </ul>`;

function explain(code: ProblemCode) {
  const { status, cause, advice } = problemTypes[code];
  return html`<p><code>${code}</code>, answered with the status ${status}.</p>
    <p>${cause}</p>
    <p>${advice}</p>
    <p><a href="/problems">All problems</a></p>`;
}
