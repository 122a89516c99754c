import { desktop, openVisitor } from '../../support/browser.ts';
import { keyboardOf } from '../../support/keyboard.ts';
import { someone } from '../../support/system.ts';
import type { World } from './world.ts';

/** An operator without a mouse, who has signed in; `recorded` is what is on record of them, in its order. */
export async function operate({ system, browser, history }: World) {
  const { page, wrong } = await openVisitor(browser, system, desktop);
  const keys = keyboardOf(page);
  const operator = someone();
  await page.goto('/backoffice/sign-in');
  await keys.goTo(page.getByRole('textbox'));
  await page.keyboard.insertText(await system.issueToken(operator, { roles: ['backoffice:write'] }));
  await keys.press(page.getByRole('button', { name: 'Sign in' }));
  await page.waitForURL('**/backoffice');
  const recorded = async () => {
    const rows = await system.sql`
      select action || ': ' || (request->>'reason') as said from operator_action where operator_user_id = ${operator.userId} order by id
    `;
    return rows.map(({ said }) => String(said));
  };
  const link = (name: string | RegExp) => page.getByRole('link', { name, exact: true });
  const button = (name: string | RegExp) => page.getByRole('button', { name, exact: true });
  const field = (name: string) => page.getByLabel(name, { exact: true });
  /** Resolves once the page says this of a fact. */
  const fact = (name: string, value: string) =>
    page.locator('.facts div').filter({ has: page.getByText(name, { exact: true }) }).getByText(value, { exact: true }).waitFor();
  return { page, wrong, keys, recorded, link, button, field, fact, system, history };
}

export type Operator = Awaited<ReturnType<typeof operate>>;
