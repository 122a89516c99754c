import { expect, test } from 'vitest';
import { createApp } from '../../../src/api/app.ts';
import { appDeps, json, signIn } from '../../support/app.ts';
import { createDatabase } from '../../support/database.ts';

const PATH = '/users/me/preferences';

async function world() {
  const { sql } = await createDatabase();
  const app = createApp(appDeps(sql));
  return { sql, app, user: await signIn(app) };
}

const of = (view: Record<string, unknown>, category: string) =>
  (view['categories'] as { category: string; channels: { channel: string; enabled: boolean }[]; always: string[] }[])
    .find((one) => one.category === category);

test('whoever said nothing is told everything by every channel, and learns what comes all the same', async () => {
  const { user } = await world();
  const view = await json(await user.get(PATH));
  expect(view).toMatchObject({ timeZone: null, quietHours: null });
  expect(of(view, 'tickets')).toEqual({
    category: 'tickets', always: [],
    channels: ['email', 'inbox', 'push', 'whatsapp'].map((channel) => ({ channel, enabled: true })),
  });
  expect(of(view, 'payments')?.always).toEqual(['payment-failed']);
  expect(of(view, 'digest')).toBeUndefined();
});

test('what is named is changed, and the rest stays', async () => {
  const { user, app } = await world();
  await user.post(PATH, { timeZone: 'Europe/Madrid', quietHours: { from: '22:00', until: '07:30' } });
  await user.post(PATH, { channels: [{ category: 'tickets', channel: 'email', enabled: false }] });
  const answer = await user.post(PATH, { channels: [{ category: 'leads', channel: 'push', enabled: false }] });
  expect(answer.status).toBe(200);
  const view = await json(await user.get(PATH));
  expect(view).toEqual(await json(answer));
  expect(view).toMatchObject({ timeZone: 'Europe/Madrid', quietHours: { from: '22:00', until: '07:30' } });
  expect(of(view, 'tickets')?.channels.filter(({ enabled }) => !enabled)).toEqual([{ channel: 'email', enabled: false }]);
  expect(of(view, 'leads')?.channels.filter(({ enabled }) => !enabled)).toEqual([{ channel: 'push', enabled: false }]);
  await user.post(PATH, { quietHours: null });
  expect(await json(await user.get(PATH))).toMatchObject({ timeZone: 'Europe/Madrid', quietHours: null });
  expect(await json(await (await signIn(app)).get(PATH))).toMatchObject({ timeZone: null });
});

test.for([
  ['quiet hours without a zone', { quietHours: { from: '22:00', until: '07:00' } }, '/timeZone'],
  ['quiet hours that end when they begin', { timeZone: 'UTC', quietHours: { from: '22:00', until: '22:00' } }, '/quietHours/until'],
  ['no time', { timeZone: 'UTC', quietHours: { from: '24:00', until: '07:00' } }, '/quietHours/from'],
  ['a zone on Mars', { timeZone: 'Mars/X' }, '/timeZone'],
  ['a category that is none', { channels: [{ category: 'gossip', channel: 'email', enabled: false }] }, '/channels/0/category'],
  ['a channel that tells nothing of it', { channels: [{ category: 'payouts', channel: 'whatsapp', enabled: true }] }, '/channels/0/channel'],
  ['a channel that is none', { channels: [{ category: 'tickets', channel: 'fax', enabled: false }] }, '/channels/0/channel'],
  ['a field that is none', { night: true }, '/night'],
] as const)('%s is refused, and nothing is written', async ([, body, pointer]) => {
  const { user, sql } = await world();
  const answer = await user.post(PATH, body);
  expect(answer.status).toBe(422);
  expect(((await json(answer))['errors'] as { pointer: string }[]).map((flaw) => flaw.pointer)).toEqual([pointer]);
  expect(await sql`select from notification_preference union all select from notification_setting`).toHaveLength(0);
});
