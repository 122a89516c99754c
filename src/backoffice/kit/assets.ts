import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { etag } from 'hono/etag';
import type { Api } from '../../api/http/context.ts';
import { notFound } from '../../api/http/problem.ts';
import { UI } from './shell.ts';

const resolve = createRequire(import.meta.url).resolve;
const own = (file: string) => fileURLToPath(new URL(file, import.meta.url));

/** What pages load, and where it lies. */
const FILES: Readonly<Record<string, string>> = {
  'htmx.min.js': resolve('htmx.org/dist/htmx.min.js'),
  'uPlot.iife.min.js': resolve('uplot/dist/uPlot.iife.min.js'),
  'uPlot.min.css': resolve('uplot/dist/uPlot.min.css'),
  'backoffice.css': own('backoffice.css'),
  'charts.js': own('charts.js'),
};
const TYPES: Readonly<Record<string, string>> = { js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8' };

/** Styles and scripts of the backoffice, all served by us. */
export function assetRoutes(api: Api): void {
  api.get(`${UI}/assets/:file`, etag(), async (c) => {
    const name = c.req.param('file');
    const file = Object.hasOwn(FILES, name) ? FILES[name] : undefined;
    if (file === undefined) throw notFound();
    const type = TYPES[name.split('.').at(-1) ?? ''] ?? '';
    return c.body(new Uint8Array(await readFile(file)), 200, { 'Content-Type': type, 'Cache-Control': 'no-cache' });
  });
}
