import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { axeFindings, desktop, excessWidth, openVisitor, phone, signInAt } from '../../support/browser.ts';
import { htmlFindings } from '../../support/html-findings.ts';
import { someone } from '../../support/system.ts';
import { backofficePages } from './pages.ts';
import { openWorld } from './world.ts';

const SCREENSHOTS = fileURLToPath(new URL('../../../.columna/screenshots/', import.meta.url));
/** `npm run screenshots` keeps a picture of each. */
const areKept = process.env['SCREENSHOTS'] === '1';

test('every page is whole, keeps to its policy and its own host, is open to all, and fits a desktop in English and a phone in Spanish', { timeout: 90_000 }, async () => {
  const { system, browser, history } = await openWorld();
  const pages = Object.entries(await backofficePages(system, history));
  const token = await system.issueToken(someone(), { roles: ['backoffice:write'] });

  const looks = { desktop, phone } as const;
  const found = await Promise.all(Object.entries(looks).map(async ([name, look]) => {
    const { page, wrong } = await openVisitor(browser, system, look);
    await signInAt(page, token);
    const told: string[] = [];
    for (const [title, path] of pages) {
      const answer = await page.goto(path);
      if (areKept) await page.screenshot({ path: `${SCREENSHOTS}${title}-${name}.png`, fullPage: true });
      const excess = await excessWidth(page);
      const facts = [
        answer?.status() === 200 ? [] : [`was answered ${answer?.status()}`],
        await htmlFindings((await answer?.text()) ?? ''),
        excess > 0 ? [`is ${excess} pixels too wide`] : [],
        wrong.splice(0),
        await axeFindings(page),
      ].flat();
      told.push(...facts.map((fact) => `${title} (${name}): ${fact}`));
    }
    return told;
  }));
  expect(found.flat()).toEqual([]);
});
