import { createECDH, randomUUID } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { startFcm } from '../../../dev/sandbox/fcm.ts';
import { startProvider } from '../../../dev/sandbox/http-provider.ts';
import { startWebPush } from '../../../dev/sandbox/web-push.ts';
import { pushChannel } from '../../../src/notifications/channels/push.ts';
import { openFcm } from '../../../src/platform/fcm.ts';
import { openWebPush } from '../../../src/platform/web-push.ts';
import type { PushDevice } from '../../../src/notifications/send/push-devices.ts';
import { describeChannel } from './conformance.ts';

const timeoutMs = 500;
const template = 'ticket-created';
const content = { locale: 'es', title: 'Nuevo ticket', body: '«No hay agua», para Taller Norte.' };
const link = 'https://app.techmarket.example/tickets/1';

function vapidKey(): string {
  const ecdh = createECDH('prime256v1');
  ecdh.generateKeys();
  return ecdh.getPrivateKey().toString('base64url').padStart(43, 'A');
}

async function fcmWorld() {
  const sandbox = await startFcm();
  onTestFinished(() => sandbox.stop());
  const channel = pushChannel({ fcm: openFcm({ url: sandbox.url, account: sandbox.account, timeoutMs }) });
  const send = (token: string, signal?: AbortSignal, notificationId = randomUUID()) =>
    channel.send({ notificationId, template, content, link, signal, to: { id: randomUUID(), platform: 'fcm', token } });
  return { sandbox, channel, send };
}

async function browserWorld() {
  const sandbox = await startWebPush();
  onTestFinished(() => sandbox.stop());
  const privateKey = vapidKey();
  const webPush = openWebPush({ privateKey, subject: 'mailto:ops@techmarket.example', timeoutMs });
  const channel = pushChannel({ webPush });
  const { endpoint, keys } = sandbox.subscribe();
  const device: PushDevice = { id: randomUUID(), platform: 'web', endpoint, ...keys };
  const send = (signal?: AbortSignal, given: { readonly body?: string; readonly link?: string } = {}) => {
    const text = { ...content, body: given.body ?? content.body };
    const message = { notificationId: randomUUID(), template, to: device, content: text, signal };
    return channel.send({ ...message, link: given.link ?? link });
  };
  return { sandbox, channel, device, privateKey, send };
}

describeChannel('FCM', async () => {
  const { sandbox, send } = await fcmWorld();
  return {
    send: (signal) => send('device-token', signal),
    fail: (failure) => void (sandbox.fail = failure),
    accepted: () => sandbox.accepted.length,
    stop: () => sandbox.stop(),
    secrets: ['device-token', 'ya29', 'PRIVATE KEY'],
  };
});

describeChannel('Web Push', async () => {
  const { sandbox, device, privateKey, send } = await browserWorld();
  return {
    send: (signal) => send(signal),
    fail: (failure) => void (sandbox.fail = failure),
    accepted: () => sandbox.accepted.length,
    stop: () => sandbox.stop(),
    secrets: [device.platform === 'web' ? device.endpoint : '', privateKey],
  };
}, { addressNamesServer: true });

test('an app gets title, body and link under the notification’s id, so that a repetition takes its place', async () => {
  const { sandbox, send } = await fcmWorld();
  const notificationId = randomUUID();
  for (const _ of [1, 2]) await send('device-token', undefined, notificationId);
  const message = {
    token: 'device-token', notification: { title: content.title, body: content.body }, data: { notificationId, link },
    android: { collapse_key: notificationId, notification: { tag: notificationId } },
    apns: { headers: { 'apns-collapse-id': notificationId } },
  };
  expect(sandbox.accepted).toMatchObject([message, message]);
});

test.each([
  ['gone-1', 'fcm 404 UNREGISTERED'],
  ['foreign-1', 'fcm 403 SENDER_ID_MISMATCH'],
])('a token %s that is nobody’s is gone', async (token, reason) => {
  const { send } = await fcmWorld();
  expect(await send(token)).toEqual({ outcome: 'rejected', gone: true, reason });
});

test('one sign-in serves many messages, and one that ended is renewed for the message at hand', async () => {
  const { sandbox, send } = await fcmWorld();
  await Promise.all(['a', 'b', 'c'].map((token) => send(token)));
  expect(sandbox.grants()).toBe(1);
  sandbox.revoke();
  await Promise.all(['a', 'b', 'c'].map(async (token) => expect(await send(token)).toMatchObject({ outcome: 'sent' })));
  expect(sandbox.grants()).toBe(2);
});

test('an access token that is refused when it is new is our account’s, after one renewal', async () => {
  const { sandbox, send } = await fcmWorld();
  const details = [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'ACCESS_TOKEN_EXPIRED' }];
  sandbox.fail = { status: 401, body: { error: { code: 401, status: 'UNAUTHENTICATED', details } } };
  expect(await send('a')).toEqual({ outcome: 'unauthorized', reason: 'fcm 401 UNAUTHENTICATED' });
  expect(sandbox.grants()).toBe(2);
});

test('a key for Apple’s servers that FCM cannot use ends that message; the access token stays', async () => {
  const { sandbox, send } = await fcmWorld();
  expect(await send('ios-1')).toEqual({ outcome: 'rejected', reason: 'fcm 401 THIRD_PARTY_AUTH_ERROR' });
  expect(await send('android-1')).toMatchObject({ outcome: 'sent' });
  expect(sandbox.grants()).toBe(1);
});

test('a device that got too much is put off alone', async () => {
  const { send } = await fcmWorld();
  expect(await send('busy-1')).toEqual({ outcome: 'deferred', reason: 'fcm 429 QUOTA_EXCEEDED' });
});

test.each([
  ['does not know us', { status: 400, body: { error: 'invalid_grant' } }, 'unauthorized', 'fcm sign-in 400'],
  ['refuses us', { status: 401 }, 'unauthorized', 'fcm sign-in 401'],
  ['is in trouble', { status: 503 }, 'unreachable', 'fcm sign-in 503'],
  ['asks for a pause', { status: 429 }, 'unreachable', 'fcm sign-in 429'],
])('where the sign-in %s nothing is handed over, and the next message tries again', async (_title, reply, outcome, reason) => {
  const { sandbox } = await fcmWorld();
  const signIn = await startProvider({ failures: { refuse: reply, later: reply, limit: reply }, judge: () => reply });
  onTestFinished(() => signIn.stop());
  const account = { ...sandbox.account, token_uri: signIn.url };
  const channel = pushChannel({ fcm: openFcm({ url: sandbox.url, account, timeoutMs }) });
  const to: PushDevice = { id: randomUUID(), platform: 'fcm', token: 'device-token' };
  for (const _ of [1, 2]) {
    expect(await channel.send({ notificationId: randomUUID(), template, to, content })).toMatchObject({ outcome, reason });
  }
});

test('a browser reads what we encrypted, under a topic that lets a repetition take its place', async () => {
  const { sandbox, send } = await browserWorld();
  await send();
  const [pushed] = sandbox.accepted;
  const { tag } = pushed?.payload as { tag: string };
  expect(pushed?.payload).toEqual({ title: content.title, body: content.body, link, tag, notificationId: tag });
  expect(pushed?.topic).toBe(tag.replaceAll('-', ''));
});

test('a subscription that expired, or has no usable key, is gone', async () => {
  const { sandbox, channel, device, send } = await browserWorld();
  const gone = { outcome: 'rejected', gone: true };
  const p256dh = Buffer.alloc(65, 4).toString('base64url');
  const offTheCurve = { ...device, p256dh } as PushDevice;
  expect(await channel.send({ notificationId: randomUUID(), template, to: offTheCurve, content })).toMatchObject(gone);
  sandbox.expire(device.platform === 'web' ? device.endpoint : '');
  expect(await send()).toEqual({ ...gone, reason: 'web push 410' });
});

test('a title is one line, and nothing changes the direction of what follows', async () => {
  const { sandbox, channel } = await fcmWorld();
  const to: PushDevice = { id: randomUUID(), platform: 'fcm', token: 'device-token' };
  const odd = { locale: 'es', title: 'Fuga\r\n  de\u202e agua', body: '\u2066Desde\u2069\nayer\u0007' };
  await channel.send({ notificationId: randomUUID(), template, to, content: odd });
  expect(sandbox.accepted[0]?.notification).toEqual({ title: 'Fuga de agua', body: 'Desde\nayer' });
});

test('a long body is cut between characters to what a screen shows', async () => {
  const { sandbox, send } = await browserWorld();
  await send(undefined, { body: '👩‍👩‍👧'.repeat(100) });
  const body = String(sandbox.accepted[0]?.payload['body']);
  expect(body.length).toBeLessThanOrEqual(178);
  expect(body).toMatch(/^(👩‍👩‍👧){20,}…$/u);
});

test('what does not fit 4 KB is refused before it is sent, and what just fits is taken', async () => {
  const { sandbox, send } = await browserWorld();
  const tooLong = await send(undefined, { link: `https://a.example/${'x'.repeat(4_000)}` });
  const refused = { outcome: 'rejected', reason: 'web push: the message is too long' };
  expect(tooLong).toMatchObject(refused);
  await send(undefined, { link: '' });
  const room = 3_993 - Buffer.byteLength(JSON.stringify(sandbox.accepted[0]?.payload));
  expect(await send(undefined, { link: 'x'.repeat(room) })).toMatchObject({ outcome: 'sent' });
  expect(await send(undefined, { link: 'x'.repeat(room + 1) })).toMatchObject(refused);
});
