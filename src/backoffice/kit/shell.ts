import { html } from 'hono/html';
import type { Caller } from '../../api/http/auth.ts';
import { common, type Language, LANGUAGES } from './words.ts';

/** Text that is escaped already. */
export type Html = ReturnType<typeof html>;

/** Who looks, and how. */
export interface Viewer {
  readonly operator: Caller;
  readonly mayWrite: boolean;
  readonly language: Language;
  /** Of the page, without its query. */
  readonly path: string;
  /** The page in another language. */
  inLanguage(language: Language): string;
}

export interface Page {
  readonly title: string;
  readonly body: Html;
}

export const UI = '/backoffice/ui';

const places = [
  ['overview', '/backoffice'],
  ['events', `${UI}/events`],
  ['deadLetters', `${UI}/dead-letters`],
  ['replays', `${UI}/replays`],
  ['jobs', `${UI}/jobs`],
  ['notifications', `${UI}/notifications`],
  ['templates', `${UI}/templates`],
  ['accounts', `${UI}/accounts`],
  ['mismatches', `${UI}/payment-mismatches`],
  ['webhooks', `${UI}/webhooks`],
  ['actions', `${UI}/actions`],
  ['approvals', `${UI}/approvals`],
  ['bounds', `${UI}/bounds`],
  ['doctor', `${UI}/doctor`],
  ['queues', '/backoffice/queues'],
] as const;

const POLICY = [
  "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "connect-src 'self'", "frame-src 'self'",
  "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
].join('; ');

/** Headers of every page: nothing is loaded from elsewhere, nothing is kept. */
export const pageHeaders = { 'Content-Security-Policy': POLICY, 'Cache-Control': 'no-store' };

/** What was opened stays open when a live part looks again. */
const morphIgnore = ['data-htmx-powered', 'open'];
const htmxConfig = JSON.stringify({ includeIndicatorCSS: false, morphIgnore, noSwap: [204, 304, '4xx', '5xx'] });

/** A whole page around its body; without a viewer nobody is signed in. */
export const shell = ({ title, body }: Page, language: Language, viewer?: Viewer): Html => html`<!doctype html>
<html lang="${language}">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>${title} · Columna</title>
    <link rel="icon" href="data:," />
    <link rel="stylesheet" href="${UI}/assets/uPlot.min.css" />
    <link rel="stylesheet" href="${UI}/assets/backoffice.css" />
    <meta name="htmx-config" content="${htmxConfig}" />
    <script src="${UI}/assets/htmx.min.js" defer></script>
    <script src="${UI}/assets/uPlot.iife.min.js" defer></script>
    <script src="${UI}/assets/charts.js" defer></script>
  </head>
  <body>
    <a class="skip" href="#content">${common[language].skip}</a>
    ${viewer === undefined ? '' : header(viewer)}
    <main id="content" tabindex="-1">
      <h1>${title}</h1>
      ${body}
    </main>
  </body>
</html>`;

function header({ operator, mayWrite, language, path, inLanguage }: Viewer): Html {
  const say = common[language];
  const isHere = (place: string) => path === place || (place !== '/backoffice' && path.startsWith(`${place}/`));
  return html`<header class="top">
      <a class="brand" href="/backoffice">Columna</a>
      <nav aria-label="${say.pages}"><ul>
        ${places.map(([name, place]) => html`<li><a href="${place}"${isHere(place) ? html` aria-current="page"` : ''}>${say[name]}</a></li>`)}
      </ul></nav>
      <div class="session">
        <span class="soft" title="${operator.userId}">${mayWrite ? say.mayWrite : say.mayRead}</span>
        <span role="group" aria-label="${say.language}">
          ${LANGUAGES.map((one) => html`<a href="${inLanguage(one)}" lang="${one}"${one === language ? html` aria-current="true"` : ''}>${one.toUpperCase()}</a> `)}
        </span>
        <form method="post" action="/backoffice/sign-out"><button class="quiet">${say.signOut}</button></form>
      </div>
    </header>`;
}
