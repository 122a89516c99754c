import { expect, test } from 'vitest';
import { append } from '../../../src/outbox/append.ts';
import { transaction } from '../../../src/platform/transaction.ts';
import { until } from '../../support/until.ts';
import { operate, type Operator } from './operate.ts';
import { openWorld } from './world.ts';

const MINUTE_MS = 60_000;
/** The whole minute, so many from now. */
const minute = (offset: number) => new Date((Math.floor(Date.now() / MINUTE_MS) + offset) * MINUTE_MS);

test('every action is done with the keyboard alone, shows what came of it, and is on record', { timeout: 120_000 }, async () => {
  const world = await openWorld();
  await Promise.all([deadLetters, replay, job, notifications, templateAndEvent].map(async (act) => act(await operate(world))));
});

/** Retries what is dead at one consumer, watches it, and discards what is at another. */
async function deadLetters({ page, wrong, keys, recorded, link, button, field, fact }: Operator): Promise<void> {
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
}

/** Asks for a replay, tries it, confirms it and sees it done; the page goes on by itself. */
async function replay({ page, wrong, keys, recorded, link, button, field, fact }: Operator): Promise<void> {
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
}

/** Backfills a job, runs a slot again, pauses and resumes. */
async function job({ page, wrong, keys, recorded, link, button, field }: Operator): Promise<void> {
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
}

/** Sends again one notification, and all that failed. */
async function notifications({ page, wrong, keys, recorded, link, button, field, fact, system, history }: Operator): Promise<void> {
  const arrived = (notificationId: string) => system.mailbox.messages.some((mail) => mail.notificationId === notificationId);
  await keys.press(link('Notifications'));
  await keys.write(page.getByRole('combobox', { name: 'Status' }), 'failed');
  await keys.press(button('Filter'));
  await keys.press(page.locator(`a[href*="resend?id=${history.notificationId}"]`));
  await keys.write(field('Reason'), 'the mailbox is back');
  await keys.send(button('Send again'));
  await until('the mail arrives', () => arrived(history.notificationId));

  await page.goto('/backoffice/ui/notifications');
  await keys.press(link('Recover what failed …'));
  await keys.writeMoment(field('Since (UTC)'), minute(-60));
  await keys.press(button('See how many'));
  await fact('Notifications', '1');
  await keys.write(field('Reason'), 'and the other one');
  await keys.send(button('Send these again (1)'));
  await until('nothing has failed any more', async () => (await system.sql`select from notification where status = 'failed'`).length === 0);
  expect(await recorded()).toEqual(['resend-notification: the mailbox is back', 'recover-notifications: and the other one']);
  expect(wrong).toEqual([]);
}

/** Compares a template’s versions and puts one in use; publishes an event again. */
async function templateAndEvent({ page, wrong, keys, recorded, link, button, field, fact, system }: Operator): Promise<void> {
  await keys.press(link('Templates'));
  await keys.press(link('ticket-created'));
  await keys.press(link('compare with the one in use'));
  await page.getByRole('heading', { name: 'ticket-created: comparison' }).waitFor();
  await keys.press(link('ticket-created'));
  await keys.press(page.locator('summary'));
  await keys.write(field('Reason'), 'shorter reads better');
  await keys.send(button('Use it'));
  await fact('In use', '1000');

  const odd = { eventType: 'NobodyKnows', schemaVersion: 1, tenantId: undefined, occurredAt: new Date(), payload: {} };
  const [id = ''] = await transaction(system.sql, (tx) => append(tx, { event: odd, origin: {} }));
  await until('the relay has given it up', async () => (await system.sql`select from outbox_event where id = ${id} and status = 'failed'`).length > 0);
  await page.goto(`/backoffice/ui/events/${id}`);
  await keys.write(field('Reason'), 'it is known by now');
  await keys.send(button('Publish again'));
  expect(await recorded()).toEqual(['move-template-pointer: shorter reads better', 'retry-events: it is known by now']);
  expect(wrong).toEqual([]);
}
