import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { desktop, nextUpdate, openVisitor, signInAt } from '../../support/browser.ts';
import { formSender } from '../../support/history.ts';
import { someone } from '../../support/system.ts';
import { openWorld, type World } from './world.ts';

async function lookOn({ system, browser, history }: World) {
  const { page, wrong } = await openVisitor(browser, system, desktop);
  await signInAt(page, await system.issueToken(someone(), { roles: ['backoffice:write'] }));
  return { page, wrong, history, send: await formSender(system) };
}

test('pages tell what is new by themselves; what was opened, typed and focused stays as it was, though forms come and go around it', { timeout: 90_000 }, async () => {
  const world = await openWorld();
  await Promise.all([watchOverview(world), typeMeanwhile(world)]);
});

/** Deliveries of the last hour, by the overview, at the consumer that hears of tickets. */
const owed = async (page: Page) => Number.parseInt(await page.getByRole('row', { name: /^count-daily-metrics/ }).getByRole('cell').nth(6).innerText(), 10);

async function watchOverview(world: World): Promise<void> {
  const { page, wrong, history } = await lookOn(world);
  const figures = page.locator('summary').first();
  await figures.click();
  const before = await owed(page);
  expect(before).toBeGreaterThan(0);
  await history.openTicket();
  while ((await owed(page)) === before) await nextUpdate(page);
  expect(await page.locator('details[open]').count()).toBe(1);
  expect(await figures.evaluate((element) => element === element.ownerDocument.activeElement)).toBe(true);
  expect(wrong).toEqual([]);
}

/** What is typed to cancel a replay must not become the reason that confirms it, whose form appears meanwhile. */
async function typeMeanwhile(world: World): Promise<void> {
  const { page, wrong, send } = await lookOn(world);
  await send('/jobs/run-replays/pause', { reason: 'the trial has to wait' });
  const window = { from: new Date(Date.now() - 60_000).toISOString(), to: new Date().toISOString() };
  await page.goto(await send('/replays', { consumer: 'calculate-commissions', ...window, reason: 'a try' }));
  const form = (name: string) => page.locator('form').filter({ has: page.getByRole('button', { name, exact: true }) });
  const typed = form('Cancel').getByLabel('Reason');
  await typed.pressSequentially('no longer nee');
  await nextUpdate(page);
  expect(await typed.inputValue()).toBe('no longer nee');

  await send('/jobs/run-replays/resume', { reason: 'go on' });
  while ((await form('Replay for good').count()) === 0) await nextUpdate(page);
  await page.keyboard.type('ded');
  expect(await typed.inputValue()).toBe('no longer needed');
  expect(await form('Replay for good').getByLabel('Reason').inputValue()).toBe('');
  await page.keyboard.press('Enter');
  await page.getByText('cancelled', { exact: true }).waitFor();
  expect(wrong).toEqual([]);
}
