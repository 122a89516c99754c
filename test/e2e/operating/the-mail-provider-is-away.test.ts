import { expect, test } from 'vitest';
import { watchBy } from '../../support/alarmed.ts';
import { operatorAt, textOf } from '../../support/operator-at.ts';
import { openShop, settled, startSystem, wrongEffects } from '../../support/system.ts';
import { until } from '../../support/until.ts';
import { walkThrough } from '../../support/walk-through.ts';

const LIST = '/backoffice/notifications';
const WHICH = 'channel=email&template=ticket-created';

test('The mail provider is away', { timeout: 120_000 }, async () => {
  const { step, end } = walkThrough('The mail provider is away');
  const system = await startSystem({ formation: { web: 1, relay: 1, worker: 1 } });
  const { mailbox } = system;
  const [openTicket, { read, get, post, metric }, watched] = await Promise.all([openShop(system), operatorAt(system), watchBy(system)]);
  const byMail = async (status: string) => (await get<{ readonly notifications: object[] }>(`${LIST}?${WHICH}&status=${status}`)).notifications.length;
  await settled(system); // the shop's own mail
  const since = new Date().toISOString();
  mailbox.fail = 'reject-5xx';
  await openTicket();
  await until('both mails are refused', async () => (await byMail('failed')) === 2, { deadlineMs: 30_000 });
  mailbox.fail = undefined;
  await mailbox.down();
  await Promise.all([openTicket(), openTicket(), openTicket()]);

  await step('1 The alert names the consumer', async () => {
    await watched.untilFired(['ConsumerHeld', 'NotificationsFailing']);
    await until('the consumer is held', async () => (await metric('worker', 'consumer_held', { consumer: 'deliver-email' })) === 1, { deadlineMs: 30_000 });
    expect(await metric('worker', 'consumer_held')).toBe(1); // no other is
  });

  await step('2 Nothing burns', async () => {
    await until('all mails wait', async () => (await byMail('queued')) === 6, { deadlineMs: 30_000 });
    const row = textOf((await read('/backoffice')).split('<tr>').find((cells) => cells.includes('queue/deliver-email')) ?? '');
    expect(row).toMatch(/deliver-email .*\(6 open\).* 0 0 /);
    expect(await metric('worker', 'deliveries_failed_total', { consumer: 'deliver-email' })).toBe(0);
    expect(await metric('web', 'dead_letters')).toBe(0);
  });

  await step('3 It goes on by itself', async () => {
    await mailbox.up();
    await settled(system, { deadlineMs: 40_000 });
    await until('no consumer is held', async () => (await metric('worker', 'consumer_held')) === 0);
    expect([await byMail('queued'), await byMail('sent'), mailbox.messages.length]).toEqual([0, 6, 1 + 6]);
  });

  const preview = () => get<{ count: number; digest: string }>(`${LIST}/failed?${WHICH}&since=${since}`);
  await step('4 What failed for good is counted', async () => {
    expect(await preview()).toMatchObject({ count: 2 });
  });

  await step('5 What failed for good is sent again', async () => {
    const { digest } = await preview();
    const asked = { channel: 'email', template: 'ticket-created', since, digest, reason: 'the provider refused by mistake' };
    await expect(post(`${LIST}/recover`, { ...asked, count: 3 })).rejects.toThrow('409');
    expect(await post(`${LIST}/recover`, { ...asked, count: 2 })).toMatchObject({ recovered: 2, left: 0 });
    await settled(system);
    expect([await byMail('failed'), await byMail('sent')]).toEqual([0, 8]);
  });
  end();
  expect(await wrongEffects(system)).toEqual([]);
});
