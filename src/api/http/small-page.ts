import { html } from 'hono/html';

const CSP = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'";

/** Headers of a page that a link in a message opens. */
export const smallPageHeaders = { 'Content-Security-Policy': CSP, 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer' };

interface SmallPage {
  readonly locale: string;
  readonly title: string;
  readonly content: unknown;
}

/** A page with one thing to read or to press, for people who are not signed in. */
export const smallPage = ({ locale, title, content }: SmallPage) => html`<!doctype html>
<html lang="${locale}">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width" />
    <title>${title}</title>
    <style>
      :root { color-scheme: light dark; }
      body { font: 16px/1.5 system-ui, sans-serif; max-width: 30rem; margin: 15vh auto; padding: 0 1rem; }
      main { padding: 1rem 2rem 1.5rem; border: 1px solid #8885; border-radius: 0.6rem; }
      button { padding: 0.6rem 1.4rem; border: 0; border-radius: 0.4rem; background: #0b6bcb; color: #fff; font: inherit; }
    </style>
  </head>
  <body><main><h1>${title}</h1>${content}</main></body>
</html>`;
