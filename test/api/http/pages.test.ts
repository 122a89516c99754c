import { describe, expect, test } from 'vitest';
import { hasApiTools } from '../../../dev/api-tools/install.ts';
import { createApp } from '../../../src/api/app.ts';
import { appDeps, json, signIn, untouchable } from '../../support/app.ts';
import { htmlFindings } from '../../support/html-findings.ts';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8';
const app = createApp(appDeps(untouchable));
const used = { take: () => Promise.resolve({ allowed: false, limit: 1, remaining: 0, resetSeconds: 60 }) };
const crowded = createApp(appDeps(untouchable, { limits: { address: used, user: used } }));
const LINK = '/unsubscribe/01a20c92-6087-7293-a06e-3edddc1b4fa2/0000';

const open = (path: string, { language = 'es-MX,es;q=0.9', accept = BROWSER, method = 'GET', at = app } = {}) =>
  at.request(path, { method, headers: { Accept: accept, 'Accept-Language': language } });

describe('a browser', () => {
  test.for<[string, Parameters<typeof open>, number, string]>([
    ['an unknown path', ['/nope'], 404, 'Esta página no existe'],
    ['an unknown path in English', ['/nope', { language: 'en-GB' }], 404, 'This page does not exist'],
    ['a path with odd characters', ['/%3Cscript%3Ealert(1)%3C/script%3E'], 404, 'Esta página no existe'],
    ['a path below one that exists', ['/docs/nope/x'], 404, 'Esta página no existe'],
    ['an unknown file of the documents', ['/docs/nope.css'], 404, 'Esta página no existe'],
    ['a problem that does not exist', ['/problems/nope'], 404, 'Esta página no existe'],
    ['a broken unsubscribe link', [LINK], 404, 'Esta página no existe'],
    ['a cut unsubscribe link', ['/unsubscribe/x/y', { language: 'en' }], 404, 'This page does not exist'],
    ['an unsubscribe link without its token', ['/unsubscribe/x'], 404, 'Esta página no existe'],
    ['the button of a broken unsubscribe link', [LINK, { method: 'POST' }], 404, 'Esta página no existe'],
    ['an address for programs', ['/notifications/me'], 401, 'No tienes acceso'],
    ['a method that a path does not have', ['/tenants'], 405, 'Esta página no existe'],
    ['too many visits', ['/readyz', { at: crowded }], 429, 'Demasiadas visitas'],
  ])('that comes to %s gets a page in its language', async ([, [path, how], status, text]) => {
    const answer = await open(path, how);
    expect([answer.status, answer.headers.get('Content-Type')]).toEqual([status, 'text/html; charset=UTF-8']);
    const page = await answer.text();
    expect(page).toContain(text);
    expect(page).not.toContain('<script');
    expect(answer.headers.get('Content-Security-Policy')).toContain("default-src 'none'");
    expect(answer.headers.get('Vary')).toMatch(/^(?=.*\bAccept\b(?!-))(?=.*Accept-Language)/);
  });

  test('keeps the headers that belong to the status', async () => {
    expect((await open('/readyz', { at: crowded })).headers.get('Retry-After')).toBe('60');
    expect((await open('/notifications/me')).headers.get('WWW-Authenticate')).toBe('Bearer');
  });

  test.for([
    ['es', 'La columna de eventos'],
    ['en', 'The event backbone'],
  ] as const)('finds at / in %s what this is, and where to go on', async ([language, text]) => {
    const answer = await open('/', { language });
    expect(answer.status).toBe(200);
    const page = await answer.text();
    expect(page).toContain(text);
    const links = [...page.matchAll(/href="([^"]+)"/g)].map(([, path]) => String(path));
    expect(links).toEqual(['/docs', '/openapi.json', '/events', '/asyncapi.json', '/problems', '/backoffice']);
    // The backoffice asks to sign in.
    for (const path of links)
      expect([path, (await open(path)).status]).toEqual([path, path === '/backoffice' ? 401 : 200]);
  });
});

test.for([
  ['en-GB', 'en'], ['de,en;q=0.8', 'en'], ['fr;q=0.9, en;q=0.8, es;q=0.5', 'en'], ['es-MX,en;q=0.9', 'es'],
  ['en;q=0.3,es;q=0.9', 'es'],
  ['de', 'es'], ['', 'es'], ['en;q=0', 'es'], ['eng', 'es'], ['*', 'es'],
] as const)('a browser that reads %j sees pages in %s', async ([language, locale]) => {
  for (const path of ['/', '/nope', '/contacts/x/y']) {
    expect(await (await open(path, { language })).text()).toContain(`<html lang="${locale}">`);
  }
});

test.for([['/robots.txt', 200, 'User-agent: *\nDisallow: /\n'], ['/favicon.ico', 204, '']] as const)(
  'what browsers and search engines ask for, %s, is answered %d',
  async ([path, status, text]) => {
    const answer = await open(path);
    expect([answer.status, await answer.text()]).toEqual([status, text]);
  },
);

describe('a program', () => {
  test.for([
    '*/*',
    'application/json',
    'application/problem+json',
    'application/json, text/html;q=0.5',
    'application/json, text/html',
    'text/html, application/json',
    'text/html;q=0',
    'text/plain',
    '',
  ])('that accepts %j gets the problem document, at the same addresses', async (accept) => {
    for (const path of ['/nope', LINK, '/notifications/me']) {
      const answer = await open(path, { accept });
      expect(answer.headers.get('Content-Type')).toBe('application/problem+json');
      expect(await json(answer)).toMatchObject({ status: answer.status });
      expect(answer.headers.get('Vary')).toMatch(/\bAccept\b(?!-)/);
    }
  });

  test('that names no type gets it as well', async () => {
    const { get } = await signIn(app);
    expect((await get('/nope')).headers.get('Content-Type')).toBe('application/problem+json');
  });
});

describe.skipIf(!hasApiTools())('a page', () => {
  const paths = ['/', '/nope', LINK, '/docs', '/events', '/problems', '/problems/state-conflict', '/backoffice/sign-in', '/contacts/x/y'];
  test.for(
    paths.flatMap(
      (path) =>
        [
          ['es', path],
          ['en', path],
        ] as const,
    ),
  )('in %s at %s is valid HTML', async ([language, path]) => {
    expect(await htmlFindings(await (await open(path, { language })).text())).toEqual([]);
  });
});
