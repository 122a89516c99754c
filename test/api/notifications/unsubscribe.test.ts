import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { createApp } from '../../../src/api/app.ts';
import { unsubscribeUrl } from '../../../src/notifications/send/unsubscribe.ts';
import { insertNotifications } from '../../../src/notifications/notifications.ts';
import { readPreferences } from '../../../src/notifications/decide/preferences.ts';
import { appConfig, appDeps } from '../../support/app.ts';
import { createDatabase } from '../../support/database.ts';

/** Somebody who got a mail about tickets, and the path of the link in it. */
async function mailed() {
  const { sql } = await createDatabase();
  const app = createApp(appDeps(sql));
  const userId = randomUUID();
  const mail = {
    eventId: randomUUID(), userId, tenantId: undefined, channel: 'email', category: 'tickets', template: 'ticket-created',
    templateVersion: 1, locale: 'en', payload: {}, status: 'queued',
  } as const;
  const [id = ''] = await sql.begin((tx) => insertNotifications(tx, [mail]));
  const path = unsubscribeUrl({ baseUrl: '', key: appConfig.HASH_KEY }, id);
  return { app, path, id, off: async () => (await readPreferences(sql, [userId])).get(userId) ?? [] };
}

test('the link asks, for whoever scans mails follows links as well, and its button leaves the category by mail', async () => {
  const { app, path, off } = await mailed();
  const asked = await app.request(path);
  expect([asked.status, asked.headers.get('Content-Security-Policy')]).toEqual([200, expect.stringContaining("default-src 'none'")]);
  expect(await asked.text()).toContain('no more emails about tickets?');
  expect(await off()).toEqual([]);
  const answer = await app.request(path, { method: 'POST' });
  expect(answer.status).toBe(200);
  expect(await answer.text()).toContain('no more emails about tickets.');
  expect(await off()).toEqual([{ channel: 'email', category: 'tickets', enabled: false }]);
});

test('a mail program leaves by one POST, and twice is as good as once', async () => {
  const { app, path, off } = await mailed();
  const oneClick = { method: 'POST', headers: { 'Content-Type': 'application/x-www-form-urlencoded' }, body: 'List-Unsubscribe=One-Click' };
  expect((await app.request(path, oneClick)).status).toBe(200);
  expect((await app.request(path, oneClick)).status).toBe(200);
  expect(await off()).toHaveLength(1);
});

test.for(['wrong token', 'another id', 'no id'])('a link that is made up (%s) is told that there is nothing', async (how) => {
  const { app, path, id, off } = await mailed();
  const token = path.split('/').at(-1) ?? '';
  const madeUp = {
    'wrong token': `/unsubscribe/${id}/${token.replaceAll(/./g, '0')}`,
    'another id': `/unsubscribe/${randomUUID()}/${token}`,
    'no id': `/unsubscribe/x/${token}`,
  }[how] ?? '';
  for (const method of ['GET', 'POST']) expect((await app.request(madeUp, { method })).status).toBe(404);
  expect(await off()).toEqual([]);
});
