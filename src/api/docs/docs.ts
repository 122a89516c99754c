import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { etag } from 'hono/etag';
import { html } from 'hono/html';
import type { Api, ApiDeps } from '../http/context.ts';
import { openApiDocument } from '../openapi/document.ts';
import type { Document } from '../openapi/shapes.ts';
import { notFound } from '../http/problem.ts';

const PACKAGE = 'swagger-ui-dist';
const FILES: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
};
const START = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#reader', deepLinking: true, validatorUrl: null });\n`;
const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
  "connect-src 'self'; frame-ancestors 'none'";

const page = html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <title>Columna’s HTTP API</title>
    <link rel="icon" href="data:," />
    <link rel="stylesheet" href="/docs/swagger-ui.css" />
  </head>
  <body>
    <div id="reader"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>`;

/** The OpenAPI document and a page to read it, which needs no outside network. */
export function docsRoutes(api: Api, { config }: Pick<ApiDeps, 'config'>): void {
  const resolve = createRequire(import.meta.url).resolve;
  let document: Document | undefined;

  api.get('/openapi.json', etag(), (c) => {
    document ??= openApiDocument(api, config.PUBLIC_URL.replace(/\/$/, ''));
    return c.json(document, 200, { 'Cache-Control': 'no-cache' });
  });
  api.get('/docs', (c) => c.html(page, 200, { 'Content-Security-Policy': CSP }));
  api.get('/docs/start.js', (c) => c.body(START, 200, { 'Content-Type': 'text/javascript; charset=utf-8' }));
  api.get('/docs/:file', etag(), async (c) => {
    const file = c.req.param('file');
    const type = Object.hasOwn(FILES, file) ? FILES[file] : undefined;
    if (type === undefined) throw notFound();
    const bytes = await readFile(resolve(`${PACKAGE}/${file}`));
    return c.body(new Uint8Array(bytes), 200, { 'Content-Type': type, 'Cache-Control': 'public, max-age=3600' });
  });
}
