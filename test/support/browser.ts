import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';
import { chromiumProgram } from '../../dev/services/chromium.ts';
import type { System } from './system.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const ANSWERS_WITHIN_MS = 15_000;
const MOST_TABS = 120;

/** What somebody looks with. */
export const desktop = { viewport: { width: 1_360, height: 900 }, locale: 'en-GB', colorScheme: 'light' } as const;
export const phone = { viewport: { width: 390, height: 844 }, locale: 'es-ES', colorScheme: 'dark', hasTouch: true, isMobile: true } as const;

/** A Chromium without a window, until the calling test ends. */
export async function openBrowser(): Promise<Browser> {
  const browser = await chromium.launch({ executablePath: chromiumProgram() });
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
  await page.getByRole('textbox').press('Tab');
  await page.keyboard.press('Enter');
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

/** By how many pixels the page itself is too wide for its window. */
export const excessWidth = (page: Page): Promise<number> =>
  page.evaluate<number>('Math.max(document.documentElement.scrollWidth, document.body.scrollWidth) - innerWidth');

/** Goes to an element with the Tab key alone; it has to show that it has the focus. */
export async function tabTo(page: Page, target: Locator): Promise<void> {
  await target.waitFor();
  const isThere = () => target.evaluate('(element) => element === document.activeElement');
  for (let tabs = 0; !(await isThere()); tabs += 1) {
    expect(tabs, `Tab reaches ${String(target)}`).toBeLessThan(MOST_TABS);
    await page.keyboard.press('Tab');
  }
  const ring = await page.evaluate<string>('((style) => `${style.outlineStyle} ${style.outlineWidth}`)(getComputedStyle(document.activeElement))');
  expect([String(target), ring]).toEqual([String(target), 'solid 3px']);
}

/** Resolves when the live part of this id has been shown anew after this call; call it before what may change it. */
export const nextUpdate = (page: Page, id: string): Promise<unknown> =>
  page.evaluate(`new Promise((resolve) => document.addEventListener('htmx:after:swap', () => resolve(), { once: true }))`).then(() =>
    page.locator(`#${id}`).waitFor());
