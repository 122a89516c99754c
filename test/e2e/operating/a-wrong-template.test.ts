import { expect, test } from 'vitest';
import { operatorAt } from '../../support/operator-at.ts';
import { openShop, settled, startSystem } from '../../support/system.ts';
import { until } from '../../support/until.ts';
import { walkThrough } from '../../support/walk-through.ts';

const TEMPLATE = '/backoffice/templates/ticket-created';
const LIST = '/backoffice/notifications';
const SHIPPED = 2; // the version of this release

interface Told {
  readonly id: string;
  readonly templateVersion: number;
  readonly status: string;
}

test('A wrong template', { timeout: 120_000 }, async () => {
  const { step, end } = walkThrough('A wrong template');
  const system = await startSystem({ formation: { web: 1, relay: 1, worker: 1 } });
  const { mailbox } = system;
  const [openTicket, { get, post }] = await Promise.all([openShop(system), operatorAt(system)]);
  await settled(system); // the shop's own mail
  const { parts } = await get<{ readonly parts: Record<string, Record<string, string>> }>(`${TEMPLATE}/versions/${SHIPPED}`);
  const wrong = { ...parts, es: { ...parts['es'], 'email.subject': 'Llame ya: {{subject}}' } };
  const { version } = await post<{ readonly version: number }>(`${TEMPLATE}/versions`, { parts: wrong, reason: 'a campaign' });
  await post(`${TEMPLATE}/current`, { version, reason: 'a campaign' });
  const since = new Date().toISOString();
  await openTicket();
  await settled(system);
  const told = async () => (await get<{ readonly notifications: readonly Told[] }>(`${LIST}?template=ticket-created&channel=email&limit=100&from=${since}`)).notifications;

  await step('1 The record says who got it', async () => {
    expect(await told()).toMatchObject([{ templateVersion: version, status: 'sent' }, { templateVersion: version, status: 'sent' }]);
    expect(mailbox.messages.slice(-2).map(({ subject }) => subject)).toEqual([expect.stringMatching(/^Llame ya/), expect.stringMatching(/^Llame ya/)]);
  });

  await step('2 A comparison shows what a rollback changes', async () => {
    const over = { locale: 'es', channel: 'email', lastEvents: 5 };
    const { diffs } = await post<{ readonly diffs: readonly { readonly parts: Record<string, string[]> }[] }>(`${TEMPLATE}/diff`, { ...over, from: version, to: SHIPPED });
    expect(diffs).toHaveLength(2);
    expect(diffs[0]?.parts['email.subject']).toEqual(expect.arrayContaining([expect.stringMatching(/^-Llame ya/), expect.stringMatching(/^\+(Tu ticket con|Ticket nuevo)/)]));
    const { previews } = await post<{ readonly previews: readonly object[] }>(`${TEMPLATE}/preview`, { ...over, version: SHIPPED });
    expect(previews).toMatchObject([{ problem: null }, { problem: null }]);
  });

  await step('3 The pointer is rolled back', async () => {
    expect(await post(`${TEMPLATE}/current`, { version: SHIPPED, reason: 'it says nonsense' })).toMatchObject({ current: SHIPPED, before: version });
    const { current, moves } = await get<{ readonly current: number; readonly moves: readonly object[] }>(TEMPLATE);
    expect([current, moves.at(-1)]).toMatchObject([SHIPPED, { version: SHIPPED, reason: 'it says nonsense' }]);
  });

  await step('4 New notifications are right', async () => {
    await until('a new one is by the old version', async () => {
      await openTicket();
      await settled(system);
      return (await told())[0]?.templateVersion === SHIPPED;
    }, { deadlineMs: 30_000 });
    expect(mailbox.messages.at(-1)?.subject).not.toMatch(/^Llame ya/);
  });

  await step('5 Those affected are told again', async () => {
    const affected = (await told()).filter(({ templateVersion }) => templateVersion === version);
    const before = mailbox.messages.length;
    for (const { id } of affected) await post(`${LIST}/resend`, { id, reason: 'it said nonsense' });
    await settled(system);
    const again = mailbox.messages.slice(before);
    expect(again.map(({ notificationId }) => notificationId).toSorted()).toEqual(affected.map(({ id }) => id).toSorted());
    expect(again.filter(({ subject }) => subject.startsWith('Llame ya'))).toEqual([]);
    expect((await told()).filter(({ templateVersion }) => templateVersion !== SHIPPED)).toEqual([]);
  });
  end();
});
