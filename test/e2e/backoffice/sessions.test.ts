import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { desktop, openVisitor, phone, signInAt } from '../../support/browser.ts';
import { someone } from '../../support/system.ts';
import { backofficePages } from './pages.ts';
import { openWorld, type World } from './world.ts';

const tokenOf = ({ system }: World, role: string) => system.issueToken(someone(), { roles: [role] });
const heading = (page: Page) => page.getByRole('heading', { level: 1 }).innerText();

test('a reader sees every page and no button that works; signing out ends it; the language is remembered; pages do without scripts', { timeout: 90_000 }, async () => {
  const world = await openWorld();
  await Promise.all([readOnly(world), goWithoutScripts(world)]);
});

async function readOnly(world: World): Promise<void> {
  const { system, browser, history } = world;
  const { page, wrong } = await openVisitor(browser, system, phone);
  await signInAt(page, await tokenOf(world, 'backoffice:read'));
  const offered: string[] = [];
  for (const [title, path] of Object.entries(await backofficePages(system, history))) {
    expect([title, (await page.goto(path))?.status()]).toEqual([title, 200]);
    const buttons = await page.locator('main form[method=post] button:not(:disabled)').allInnerTexts();
    offered.push(...buttons.map((button) => `${title}: ${button}`));
  }
  expect(offered).toEqual(['sign-in: Entrar']);

  const filtered = `/backoffice/ui/events?tenantId=${history.tenantId}&status=published`;
  await page.goto(filtered);
  expect([await heading(page), await page.locator('html').getAttribute('lang')]).toEqual(['Eventos', 'es']);
  await page.getByRole('link', { name: 'EN', exact: true }).click();
  await page.getByRole('heading', { name: 'Events', level: 1 }).waitFor();
  expect(page.url()).toBe(`${system.apiUrl}${filtered}`);
  await page.goto('/backoffice/ui/jobs');
  expect([await heading(page), await page.locator('html').getAttribute('lang')]).toEqual(['Jobs', 'en']);
  expect(wrong).toEqual([]);

  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.waitForURL('**/backoffice/sign-in');
  expect((await page.goto('/backoffice/ui/jobs'))?.status()).toBe(401);
  expect(await heading(page)).toBe('Sign in');
}

async function goWithoutScripts(world: World): Promise<void> {
  const { system, browser } = world;
  const { page, wrong } = await openVisitor(browser, system, { ...desktop, javaScriptEnabled: false });
  await signInAt(page, await tokenOf(world, 'backoffice:write'));
  await page.locator('summary').first().click();
  expect(await page.locator('details[open] tbody tr').count()).toBe(60);

  await page.getByRole('link', { name: 'Dead letters' }).first().click();
  await page.getByLabel('Consumer').fill('count-daily-metrics');
  await page.getByRole('button', { name: 'Filter' }).click();
  await page.getByRole('link', { name: 'Discard these …' }).click();
  await page.getByLabel('Reason').fill('nobody needs it');
  await page.getByRole('button', { name: 'Discard 1' }).click();
  await page.getByRole('link', { name: 'See the record' }).first().click();
  await page.getByText('nobody needs it', { exact: true }).waitFor();
  expect(await system.sql`select action, request->>'reason' as reason from operator_action where action = 'discard-dead-letters'`)
    .toEqual([{ action: 'discard-dead-letters', reason: 'nobody needs it' }]);
  expect(wrong).toEqual([]);
}
