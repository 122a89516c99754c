import { html } from 'hono/html';
import type { Api } from './context.ts';
import { localeOf } from './reader-of.ts';
import { smallPage, smallPageHeaders } from './small-page.ts';

const TEXTS = {
  es: {
    title: 'Columna',
    about: 'La columna de eventos de TechMarket AI: una API para programas y un backoffice para operadores.',
    places: [
      ['/docs', 'La API por HTTP'],
      ['/openapi.json', 'Su documento OpenAPI'],
      ['/events', 'Los eventos'],
      ['/asyncapi.json', 'Su documento AsyncAPI'],
      ['/problems', 'Los problemas con los que responde'],
      ['/backoffice', 'El backoffice'],
    ],
  },
  en: {
    title: 'Columna',
    about: 'The event backbone of TechMarket AI: an API for programs, and a backoffice for operators.',
    places: [
      ['/docs', 'The HTTP API'],
      ['/openapi.json', 'Its OpenAPI document'],
      ['/events', 'The events'],
      ['/asyncapi.json', 'Their AsyncAPI document'],
      ['/problems', 'The problems that it answers with'],
      ['/backoffice', 'The backoffice'],
    ],
  },
} as const;

const DAY = { 'Cache-Control': 'public, max-age=86400' };

/** The page at `/`, which says what this is and leads on, and what browsers and search engines ask for beside it. */
export function startPageRoute(api: Api): void {
  api.get('/robots.txt', (c) => c.text('User-agent: *\nDisallow: /\n', 200, DAY));
  api.get('/favicon.ico', (c) => c.body(null, 204, DAY));
  api.get('/', (c) => {
    const locale = localeOf(c);
    const { title, about, places } = TEXTS[locale];
    const content = html`<p>${about}</p>
      <ul>
        ${places.map(([path, name]) => html`<li><a href="${path}">${name}</a></li>`)}
      </ul>`;
    return c.html(smallPage({ locale, title, content }), 200, { ...smallPageHeaders, Vary: 'Accept-Language' });
  });
}
