import { expect, test } from 'vitest';
import { desktop, openBrowser, openVisitor } from '../../support/browser.ts';
import { type History, makeHistory } from '../../support/history.ts';
import { keyboardOf } from '../../support/keyboard.ts';
import { someone, startSystem, type System } from '../../support/system.ts';

const TIMEOUT_MS = 90_000;
const MINUTE_MS = 60_000;
/** The whole minute, so many from now. */
const minute = (offset: number) => new Date((Math.floor(Date.now() / MINUTE_MS) + offset) * MINUTE_MS);

/** An operator without a mouse, who has signed in; `recorded` is what is on record of them, in its order. */
async function operate() {
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
  return { page, wrong, keys, recorded, link, button, field, system, history };
}

type Operating = Awaited<ReturnType<typeof operate>> & { readonly system: System; readonly history: History };

/** The value of a fact that the page shows, once it is this one. */
const fact = ({ page }: Pick<Operating, 'page'>, name: string, value: string) =>
  page.locator('.facts div').filter({ has: page.getByText(name, { exact: true }) }).getByText(value, { exact: true }).waitFor();

test('dead letters are retried, watched and discarded with the keyboard alone, and it is on record', { timeout: TIMEOUT_MS }, async () => {
  const operating = await operate();
  const { page, wrong, keys, recorded, link, button, field } = operating;
  await keys.press(link('Dead letters').first());
  await keys.write(field('Consumer'), 'notify');
  await keys.press(button('Filter'));
  await keys.press(link('Retry these …'));
  await keys.write(field('Reason'), 'the contract is mended');
  await keys.send(button('Retry 1'));
  await fact(operating, 'Dead again', '1');
  expect(await recorded()).toEqual(['retry-dead-letters: the contract is mended']);

  await page.goto('/backoffice/ui/dead-letters');
  expect(await page.getByText('count-daily-metrics').count()).toBe(2);
  await keys.write(field('Consumer'), 'count-daily-metrics');
  await keys.press(button('Filter'));
  await keys.press(link('Discard these …'));
  await keys.write(field('Reason'), 'nobody needs it');
  await keys.send(button('Discard 1'));
  await fact(operating, 'Discarded', '1');
  await keys.press(link('See the record').first());
  await page.getByRole('heading', { name: 'discard-dead-letters' }).waitFor();
  await fact(operating, 'Why', 'nobody needs it');
  expect(await recorded()).toEqual(['retry-dead-letters: the contract is mended', 'discard-dead-letters: nobody needs it']);

  await page.goto('/backoffice/ui/dead-letters');
  expect(await page.getByText('count-daily-metrics').count()).toBe(0);
  expect(wrong).toEqual([]);
});

test('a replay is asked for, tried, confirmed and done with the keyboard alone; the page goes on by itself', { timeout: TIMEOUT_MS }, async () => {
  const operating = await operate();
  const { page, wrong, keys, recorded, link, button, field } = operating;
  await keys.press(link('Replays'));
  await keys.press(page.getByText('Try a replay'));
  await keys.write(page.getByRole('combobox', { name: 'Consumer' }), 'calc');
  await keys.writeMoment(field('From (UTC)'), new Date(`${new Date().toISOString().slice(0, 10)}T00:00:00Z`));
  await keys.writeMoment(field('To (UTC)'), new Date(Math.floor(Date.now() / 1_000) * 1_000));
  await keys.write(field('Reason'), 'a commission is missing');
  await keys.send(button('Try out'));
  await page.getByRole('heading', { name: 'Replay: calculate-commissions' }).waitFor();

  await keys.write(page.locator('form', { hasText: 'Replay for good' }).getByLabel('Reason'), 'the trial is right');
  await fact(operating, 'Events in the window', '1');
  await keys.send(button('Replay for good'));
  await fact(operating, 'State', 'done');
  await fact(operating, 'Handled', '1');
  expect(await recorded()).toEqual(['ask-replay: a commission is missing', 'confirm-replay: the trial is right']);
  await keys.press(link('Actions'));
  await page.getByRole('cell', { name: 'the trial is right' }).waitFor();
  expect(wrong).toEqual([]);
});

test('a job is backfilled, run again, paused and resumed with the keyboard alone, and it is on record', { timeout: TIMEOUT_MS }, async () => {
  const operating = await operate();
  const { page, wrong, keys, recorded, link, button, field } = operating;
  await keys.press(link('Jobs'));
  await keys.press(link('recalculate-ranking'));
  await keys.press(page.getByText('Backfill', { exact: true }));
  await keys.writeMoment(field('From (UTC)'), minute(-30));
  await keys.writeMoment(field('To (UTC)'), minute(0));
  await keys.press(button('See how many'));
  await keys.write(field('Reason'), 'it was away');
  await keys.send(button(/^Run [23]$/));
  const outcomes = page.getByRole('region', { name: 'Every slot' }).getByText(/^(done|caught up)$/);
  await outcomes.nth(1).waitFor();

  await keys.press(link('run …').first());
  await keys.write(field('Reason'), 'once more');
  await keys.send(button('Run'));
  await link('asked for by an operator').first().waitFor();

  const opened = page.locator('details[open]');
  await keys.press(page.locator('summary', { hasText: 'Pause' }));
  await keys.write(opened.getByLabel('Reason'), 'let me look');
  await keys.send(opened.getByRole('button'));
  await page.getByText('let me look').waitFor();
  await keys.write(opened.getByLabel('Reason'), 'looked');
  await keys.send(opened.getByRole('button', { name: 'Resume' }));
  await page.locator('summary', { hasText: 'Pause' }).waitFor();
  expect(await recorded()).toEqual(['backfill-job: it was away', 'run-job: once more', 'pause-job: let me look', 'resume-job: looked']);
  expect(wrong).toEqual([]);
});
