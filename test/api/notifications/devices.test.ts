import { createECDH, randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { createApp } from '../../../src/api/app.ts';
import { readPushDevices } from '../../../src/notifications/send/push-devices.ts';
import { appDeps, idOf, json, signIn, untouchable } from '../../support/app.ts';
import { createDatabase } from '../../support/database.ts';

const endpoint = 'https://updates.push.example/wpush/v2/secret';
const keys = {
  p256dh: createECDH('prime256v1').generateKeys().toString('base64url'),
  auth: Buffer.alloc(16, 7).toString('base64url'),
};

async function world() {
  const { sql } = await createDatabase();
  const app = createApp(appDeps(sql));
  const [ana, luis] = [await signIn(app), await signIn(app)];
  const devicesOf = async ({ userId }: { readonly userId: string }) =>
    (await readPushDevices(sql, [userId], ['fcm', 'web'])).get(userId) ?? [];
  return { sql, ana, luis, devicesOf };
}

test('a phone and a browser are kept once, however often they say so', async () => {
  const { ana, devicesOf } = await world();
  const phone = await idOf(await ana.post('/users/me/devices', { platform: 'fcm', token: 'token-1' }));
  const browser = await idOf(await ana.post('/users/me/devices', { platform: 'web', endpoint, keys }));
  expect(await idOf(await ana.post('/users/me/devices', { platform: 'fcm', token: 'token-1' }))).toBe(phone);
  expect(await devicesOf(ana)).toEqual([
    { id: phone, platform: 'fcm', token: 'token-1' },
    { id: browser, platform: 'web', endpoint, ...keys },
  ]);
});

test('a device that changes hands is the last one’s, and the former can’t remove it', async () => {
  const { ana, luis, devicesOf } = await world();
  const before = await idOf(await ana.post('/users/me/devices', { platform: 'fcm', token: 'token-1' }));
  const after = await idOf(await luis.post('/users/me/devices', { platform: 'fcm', token: 'token-1' }));
  expect(await devicesOf(ana)).toEqual([]);
  for (const id of [before, after]) expect((await ana.post('/users/me/devices/remove', { id })).status).toBe(404);
  expect(await devicesOf(luis)).toMatchObject([{ id: after }]);
});

test('a removed device is shown nothing, and what nobody has can’t be removed', async () => {
  const { ana, devicesOf } = await world();
  const id = await idOf(await ana.post('/users/me/devices', { platform: 'fcm', token: 'token-1' }));
  expect((await ana.post('/users/me/devices/remove', { id })).status).toBe(200);
  expect(await devicesOf(ana)).toEqual([]);
  expect((await ana.post('/users/me/devices/remove', { id })).status).toBe(404);
});

test('a user keeps the 20 devices that were seen last', async () => {
  const { ana, devicesOf } = await world();
  for (let n = 0; n < 21; n += 1) await ana.post('/users/me/devices', { platform: 'fcm', token: `token-${n}` });
  const tokens = (await devicesOf(ana)).map((device) => device.platform === 'fcm' && device.token);
  expect(tokens).toHaveLength(20);
  expect(tokens).not.toContain('token-0');
});

test('the answer that is kept for repetitions holds no token', async () => {
  const { sql, ana } = await world();
  await ana.post('/users/me/devices', { platform: 'fcm', token: 'planted-token' });
  const answers = await sql`select answer, fingerprint from idempotency_key`;
  expect(answers).toHaveLength(1);
  expect(JSON.stringify(answers)).not.toContain('planted');
});

const offTheCurve = Buffer.alloc(65, 4).toString('base64url');
const browser = (changed: object) => ({ platform: 'web', endpoint, keys, ...changed });

test.for<[string, object, string]>([
  ['an unknown platform', { platform: 'apns', token: 'x' }, '/platform'],
  ['an empty token', { platform: 'fcm', token: '' }, '/token'],
  ['a token with a line break', { platform: 'fcm', token: 'a\r\nb' }, '/token'],
  ['an endpoint of ours', browser({ endpoint: 'http://127.0.0.1:6379/' }), '/endpoint'],
  ['the cloud’s metadata', browser({ endpoint: 'http://169.254.169.254/latest' }), '/endpoint'],
  ['a known service without TLS', browser({ endpoint: 'http://updates.push.example/x' }), '/endpoint'],
  ['another port of a known service', browser({ endpoint: 'https://updates.push.example:8443/x' }), '/endpoint'],
  ['a service that only begins so', browser({ endpoint: 'https://updates.push.example.evil.tld/x' }), '/endpoint'],
  ['a service named before an @', browser({ endpoint: 'https://updates.push.example@evil.tld/x' }), '/endpoint'],
  ['credentials of one’s own', browser({ endpoint: 'https://a:b@updates.push.example/x' }), '/endpoint'],
  ['two labels for one star', browser({ endpoint: 'https://a.b.notify.example/x' }), '/endpoint'],
  ['no label for a star', browser({ endpoint: 'https://.notify.example/x' }), '/endpoint'],
  ['a key off the curve', browser({ keys: { ...keys, p256dh: offTheCurve } }), '/keys/p256dh'],
  ['a short secret', browser({ keys: { ...keys, auth: 'short' } }), '/keys/auth'],
])('%s is refused, by its place and before the database', async ([, body, pointer]) => {
  const { post } = await signIn(createApp(appDeps(untouchable)));
  const answer = await post('/users/me/devices', body);
  expect(answer.status).toBe(422);
  expect(await json(answer)).toMatchObject({ errors: [{ pointer }] });
});

test('a label for a star is known', async () => {
  const { ana } = await world();
  const known = browser({ endpoint: `https://wns2-x.notify.example/${randomUUID()}` });
  const answer = await ana.post('/users/me/devices', known);
  expect(answer.status).toBe(201);
});
