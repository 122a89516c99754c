import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { signedReport } from '../../../dev/sandbox/whatsapp.ts';
import { createApp } from '../../../src/api/app.ts';
import { appConfig, appDeps, json, signIn, untouchable } from '../../support/app.ts';
import { createDatabase } from '../../support/database.ts';

const PATH = '/webhooks/whatsapp';
const secret = String(appConfig.WHATSAPP_APP_SECRET);
const message = { id: 'wamid.1', to: '5215512345678', callbackData: randomUUID() };
const report = signedReport(secret, { message, status: 'sent' });

test('a report is on record before it is looked into, and its repetition is known', async () => {
  const { sql } = await createDatabase();
  const app = createApp(appDeps(sql));
  for (const _ of [1, 2]) {
    const answer = await app.request(PATH, { method: 'POST', ...report });
    expect([answer.status, await json(answer)]).toEqual([200, { statuses: 1 }]);
  }
  const stored = await sql`
    select provider, standing, verdict, convert_from(raw_body, 'utf8') as body from webhook_payload
  `;
  expect(stored).toEqual([{ provider: 'whatsapp', standing: 'first', verdict: 'valid', body: report.body }]);
  expect(await sql`select from notification_receipt`).toEqual([]); // no notification of ours has the id
});

test('what the store can’t keep is not answered with 200, so that it comes again', async () => {
  const { documents, ...deps } = appDeps(untouchable);
  const away = { ...documents, storeWebhook: () => Promise.reject(new Error('away')) };
  const answer = await createApp({ ...deps, documents: away }).request(PATH, { method: 'POST', ...report });
  expect(answer.status).toBe(500);
});

test.each<[string, Record<string, string>]>([
  ['no signature', {}],
  ['another body’s signature', signedReport(secret, { message, status: 'read' }).headers],
  ['another secret’s signature', signedReport('x', { message, status: 'sent' }).headers],
  ['a signature of another scheme', { 'X-Hub-Signature-256': 'sha1=00' }],
])('a report with %s is refused before anything is asked', async (_title, signature) => {
  const headers = { 'Content-Type': 'application/json', ...signature };
  const answer = await createApp(appDeps(untouchable)).request(PATH, { method: 'POST', body: report.body, headers });
  expect(answer.status).toBe(401);
});

const ours = `hub.mode=subscribe&hub.verify_token=${appConfig.WHATSAPP_VERIFY_TOKEN}`;

test.each([
  ['our token', 200, `${ours}&hub.challenge=1158201444`],
  ['another token', 403, 'hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=x'],
  ['no token', 403, 'hub.mode=subscribe&hub.challenge=1158201444'],
  ['markup for a challenge', 403, `${ours}&hub.challenge=<b>`],
])('who asks with %s is answered %i', async (_title, status, query) => {
  const answer = await createApp(appDeps(untouchable)).request(`${PATH}?${query}`);
  expect(answer.status).toBe(status);
  if (status === 200) expect(await answer.text()).toBe('1158201444');
});

test('where WhatsApp is not configured there is no such place', async () => {
  const { WHATSAPP_APP_SECRET: _, WHATSAPP_VERIFY_TOKEN: __, ...config } = appConfig;
  const app = createApp(appDeps(untouchable, { config }));
  expect((await app.request(PATH, { method: 'POST', ...report })).status).toBe(404);
  expect((await app.request(`${PATH}?hub.mode=subscribe`)).status).toBe(404);
});

test('a user says yes or no to WhatsApp, once they have a contact', async () => {
  const { sql } = await createDatabase();
  const { post } = await signIn(createApp(appDeps(sql)));
  const yes = { phone: '+5215512345678', optIn: true };
  expect((await post('/users/me/whatsapp', yes)).status).toBe(409);
  await post('/users/me/contact', { name: 'Nora', email: 'nora@example.com', locale: 'es' });
  expect((await post('/users/me/whatsapp', yes)).status).toBe(200);
  expect((await post('/users/me/whatsapp', { ...yes, phone: '55 1234' })).status).toBe(422);
  await post('/users/me/contact', { name: 'Nora', email: 'new@example.com', locale: 'es' });
  expect(await sql`select phone, whatsapp_opt_in as yes from user_contact`).toEqual([{ phone: yes.phone, yes: true }]);
  await post('/users/me/whatsapp', { ...yes, optIn: false });
  expect(await sql`select whatsapp_opt_in as yes from user_contact`).toEqual([{ yes: false }]);
});
