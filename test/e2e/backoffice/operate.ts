import { desktop, openBrowser, openVisitor } from '../../support/browser.ts';
import { makeHistory } from '../../support/history.ts';
import { keyboardOf } from '../../support/keyboard.ts';
import { someone, startSystem } from '../../support/system.ts';

/** An operator without a mouse, who has signed in; `recorded` is what is on record of them, in its order. */
export async function operate() {
  const [system, browser] = await Promise.all([startSystem({ formation: { web: 1, relay: 1, worker: 1 } }), openBrowser()]);
  const history = await makeHistory(system);
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
