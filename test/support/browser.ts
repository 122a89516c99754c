import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { onTestFinished } from 'vitest';
import { chromiumProgram } from '../../dev/services/chromium.ts';
import type { System } from './system.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const ANSWERS_WITHIN_MS = 30_000;

/** What somebody looks with. */
export const desktop = { viewport: { width: 1_360, height: 900 }, locale: 'en-GB', colorScheme: 'light' } as const;
export const phone = { viewport: { width: 390, height: 844 }, locale: 'es-ES', colorScheme: 'dark', hasTouch: true, isMobile: true } as const;

/** A Chromium without a window, until the calling test ends. */
export async function openBrowser(): Promise<Browser> {
  const american = { LANG: 'en_US.UTF-8', LANGUAGE: 'en_US' }; // for the order of fields in dates
  const browser = await chromium.launch({ executablePath: chromiumProgram(), args: ['--lang=en-US'], env: { ...process.env, ...american } });
  onTestFinished(() => browser.close());
  return browser;
}

/** Somebody's own windows, and what was wrong in them so far: console errors, refusals by the policy, other hosts. */
export interface Visitor {
  readonly page: Page;
  readonly wrong: string[];
}

/** Opens a window at the system; nobody is signed in there. */
export async function openVisitor(browser: Browser, { apiUrl }: Pick<System, 'apiUrl'>, look: BrowserContextOptions): Promise<Visitor> {
  const context = await browser.newContext({ baseURL: apiUrl, ...look });
  context.setDefaultTimeout(ANSWERS_WITHIN_MS);
  const page = await context.newPage();
  const wrong: string[] = [];
  page.on('console', (message) => void (message.type() === 'error' && wrong.push(message.text())));
  page.on('pageerror', (error) => void wrong.push(String(error)));
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol !== 'data:' && origin !== apiUrl) wrong.push(`asked ${origin}`);
  });
  return { page, wrong };
}

/** Signs in at the page, as an operator does: pastes a token, sends the form. */
export async function signInAt(page: Page, token: string): Promise<void> {
  await page.goto('/backoffice/sign-in');
  await page.getByRole('textbox').fill(token);
  await page.getByRole('button').click();
  await page.waitForURL('**/backoffice');
}

/** What axe calls serious or critical, each with the element it is about. */
export async function axeFindings(page: Page): Promise<readonly string[]> {
  interface Results {
    readonly violations: readonly { id: string; impact: string; nodes: readonly { html: string; failureSummary: string }[] }[];
  }
  await page.evaluate(AXE);
  const { violations } = await page.evaluate<Results>("axe.run(document, { resultTypes: ['violations'] })");
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`));
}

/** By how many pixels the page itself is too wide for its window; a phone's `innerWidth` would give way to it. */
export async function excessWidth(page: Page): Promise<number> {
  const width = await page.evaluate<number>('Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)');
  return width - (page.viewportSize()?.width ?? 0);
}

/** Resolves when a part of the page has looked again; `page` must not have gone elsewhere meanwhile. */
export const nextUpdate = (page: Page): Promise<unknown> =>
  page.evaluate("new Promise((resolve) => document.addEventListener('htmx:after:swap', () => resolve(), { once: true }))");
