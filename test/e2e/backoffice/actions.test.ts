import { expect, test } from 'vitest';
import { operate } from './operate.ts';

const TIMEOUT_MS = 90_000;
const MINUTE_MS = 60_000;
/** The whole minute, so many from now. */
const minute = (offset: number) => new Date((Math.floor(Date.now() / MINUTE_MS) + offset) * MINUTE_MS);

test('dead letters are retried, watched and discarded with the keyboard alone, and it is on record', { timeout: TIMEOUT_MS }, async () => {
  const { page, wrong, keys, recorded, link, button, field, fact } = await operate();
  await keys.press(link('Dead letters').first());
  await keys.write(field('Consumer'), 'notify');
  await keys.press(button('Filter'));
  await keys.press(link('Retry these …'));
  await keys.write(field('Reason'), 'the contract is mended');
  await keys.send(button('Retry 1'));
  await fact('Dead again', '1');
  expect(await recorded()).toEqual(['retry-dead-letters: the contract is mended']);

  await page.goto('/backoffice/ui/dead-letters');
  expect(await page.getByText('count-daily-metrics').count()).toBe(2);
  await keys.write(field('Consumer'), 'count-daily-metrics');
  await keys.press(button('Filter'));
  await keys.press(link('Discard these …'));
  await keys.write(field('Reason'), 'nobody needs it');
  await keys.send(button('Discard 1'));
  await fact('Discarded', '1');
  await keys.press(link('See the record').first());
  await page.getByRole('heading', { name: 'discard-dead-letters' }).waitFor();
  await fact('Why', 'nobody needs it');
  expect(await recorded()).toEqual(['retry-dead-letters: the contract is mended', 'discard-dead-letters: nobody needs it']);

  await page.goto('/backoffice/ui/dead-letters');
  expect(await page.getByText('count-daily-metrics').count()).toBe(0);
  expect(wrong).toEqual([]);
});

test('a replay is asked for, tried, confirmed and done with the keyboard alone; the page goes on by itself', { timeout: TIMEOUT_MS }, async () => {
  const { page, wrong, keys, recorded, link, button, field, fact } = await operate();
  await keys.press(link('Replays'));
  await keys.press(page.getByText('Try a replay'));
  await keys.write(page.getByRole('combobox', { name: 'Consumer' }), 'calc');
  await keys.writeMoment(field('From (UTC)'), new Date(`${new Date().toISOString().slice(0, 10)}T00:00:00Z`));
  await keys.writeMoment(field('To (UTC)'), new Date(Math.floor(Date.now() / 1_000) * 1_000));
  await keys.write(field('Reason'), 'a commission is missing');
  await keys.send(button('Try out'));
  await page.getByRole('heading', { name: 'Replay: calculate-commissions' }).waitFor();

  await keys.write(page.locator('form', { hasText: 'Replay for good' }).getByLabel('Reason'), 'the trial is right');
  await fact('Events in the window', '1');
  await keys.send(button('Replay for good'));
  await fact('State', 'done');
  await fact('Handled', '1');
  expect(await recorded()).toEqual(['ask-replay: a commission is missing', 'confirm-replay: the trial is right']);
  await keys.press(link('Actions'));
  await page.getByRole('cell', { name: 'the trial is right' }).waitFor();
  expect(wrong).toEqual([]);
});

test('a job is backfilled, run again, paused and resumed with the keyboard alone, and it is on record', { timeout: TIMEOUT_MS }, async () => {
  const { page, wrong, keys, recorded, link, button, field } = await operate();
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
