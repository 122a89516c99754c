import { expect, test } from 'vitest';
import { transaction } from '../../../src/platform/transaction.ts';
import { append } from '../../../src/outbox/append.ts';
import { until } from '../../support/until.ts';
import { operate } from './operate.ts';

const TIMEOUT_MS = 90_000;

test('notifications are sent again, one and all that failed, with the keyboard alone, and it is on record', { timeout: TIMEOUT_MS }, async () => {
  const { page, wrong, keys, recorded, link, button, field, fact, system, history } = await operate();
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
  await keys.writeMoment(field('Failed ones since (UTC)'), new Date(Math.floor(Date.now() / 60_000) * 60_000 - 3_600_000));
  await keys.press(button('See how many'));
  await fact('Failed', '1');
  await keys.write(field('Reason'), 'and the other one');
  await keys.send(button('Send these again (1)'));
  await until('nothing has failed any more', async () => (await system.sql`select from notification where status = 'failed'`).length === 0);
  expect(await recorded()).toEqual(['resend-notification: the mailbox is back', 'recover-notifications: and the other one']);
  expect(wrong).toEqual([]);
});

test('a template is compared and put in use, and an event published again, with the keyboard alone, and it is on record', { timeout: TIMEOUT_MS }, async () => {
  const { page, wrong, keys, recorded, link, button, field, fact, system } = await operate();
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
});
