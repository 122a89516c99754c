import { html } from 'hono/html';
import type { Api, ApiDeps } from '../../api/context.ts';
import { none } from '../../api/route.ts';
import { page } from './page.ts';
import { common } from './words.ts';

const overview = { path: '/backoffice', params: none, query: none };

/** How everything stands, at a glance. */
export function overviewPage(api: Api, deps: ApiDeps): void {
  page(api, deps, overview, async ({ viewer: { language } }) => ({ title: common[language].overview, body: html`` }));
}
