import { createECDH, randomUUID } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { startFcm } from '../../dev/sandbox/fcm.ts';
import type { ProviderFailure } from '../../dev/sandbox/http-provider.ts';
import { startWebPush } from '../../dev/sandbox/web-push.ts';
import { pushChannel } from '../../src/notifications/channels/push.ts';
import { openFcm } from '../../src/platform/fcm.ts';
import { openWebPush } from '../../src/platform/web-push.ts';
import { savePushDevice } from '../../src/notifications/send/push-devices.ts';
import { deliverPush } from '../../src/workers/deliver-push.ts';
import { notify } from '../../src/workers/notify.ts';
import { openNotifying, ticketOpened } from '../support/notifying.ts';
import { until } from '../support/until.ts';

/** A customer with devices at FCM, and consumers that have not started. */
async function pushWorld(...tokens: string[]) {
  const fcm = await startFcm();
  onTestFinished(() => fcm.stop());
  const push = pushChannel({ fcm: openFcm({ url: fcm.url, account: fcm.account, timeoutMs: 2_000 }) });
  const world = await openNotifying([deliverPush, notify], { push });
  const { sql } = world;
  const customerUserId = await world.person();
  for (const token of tokens) await sql.begin((tx) => savePushDevice(tx, customerUserId, { platform: 'fcm', token }));
  const tenant = await world.tenant({ ownerUserId: await world.person() });
  await world.commit(ticketOpened(tenant, { customerUserId }));
  const pushed = async () => (await world.notifications()).filter(({ channel }) => channel === 'push');
  return {
    world, sql, fcm, customerUserId, pushed,
    took: () => fcm.accepted.map(({ token }) => token).toSorted(),
    devices: async () => {
      const rows = await sql<{ address: string }[]>`select address from push_device order by address`;
      return rows.map(({ address }) => address);
    },
    attempts: async () => world.attempts((await pushed())[0]?.id ?? randomUUID()),
  };
}

test('a push goes to all of a user’s devices, and a user without any gets none', async () => {
  const { world, fcm, customerUserId, pushed, took, attempts } = await pushWorld('phone', 'tablet');
  world.start();
  await world.settle();
  expect(await pushed()).toMatchObject([{ userId: customerUserId, template: 'ticket-created', status: 'sent' }]);
  expect(took()).toEqual(['phone', 'tablet']);
  const [{ id } = { id: '' }] = await pushed();
  const body = 'Taller Norte ya recibió «No hay agua».';
  const link = expect.stringMatching(/^https:\/\/app\.techmarket\.example\/tickets\//) as string;
  expect(fcm.accepted[0]).toMatchObject({
    notification: { title: 'Ticket abierto', body },
    data: { notificationId: id, link },
  });
  expect(await attempts()).toEqual(['1 sending', '1 sent']);
  expect(await world.sql`select from outbox_event where event_type = 'PushRequested'`).toHaveLength(1);
});

test('one device that takes it is enough, and one that is gone is dropped', async () => {
  const { world, pushed, took, devices } = await pushWorld('gone-phone', 'tablet');
  world.start();
  await world.settle();
  expect(await pushed()).toMatchObject([{ status: 'sent', reason: null }]);
  expect(took()).toEqual(['tablet']);
  expect(await devices()).toEqual(['tablet']);
});

test('where every device is gone the notification fails, and no delivery dies of it', async () => {
  const { world, pushed, devices } = await pushWorld('gone-phone');
  world.start();
  await world.settle();
  expect(await pushed()).toMatchObject([{ status: 'failed', reason: 'fcm 404 UNREGISTERED' }]);
  expect(await devices()).toEqual([]);
  expect(await world.deadLetters()).toEqual([]);
  expect(world.logged.join('\n')).not.toContain('gone-phone');
});

test('a provider’s pause holds the consumer for as long as it asks, and spends no attempt of the delivery', async () => {
  const { world, fcm, pushed, attempts } = await pushWorld('phone');
  fcm.fail = 'limit';
  world.start();
  const beganAt = performance.now();
  await until('the consumer is held', async () => {
    await world.relayOnce();
    return world.logged.some((line) => line.includes('consumer held'));
  });
  expect(await attempts()).toEqual(['1 sending', '1 limited']);
  expect(await pushed()).toMatchObject([{ status: 'queued', reason: 'fcm 429 QUOTA_EXCEEDED' }]);
  expect(await world.failures()).toEqual([]);
  fcm.fail = undefined;
  await world.settle();
  expect(await attempts()).toEqual(['1 sending', '1 limited', '2 sending', '2 sent']);
  expect(performance.now() - beganAt).toBeGreaterThan(6_900);
});

test.each<[title: string, fail: ProviderFailure, outcome: string, reason: string]>([
  ['FCM in trouble', 'later', 'unavailable', 'fcm 500 INTERNAL'],
  ['FCM behind a gateway that fails', { status: 502, body: '<html>' }, 'unavailable', 'fcm 502'],
  ['a project that may not send', 'account', 'unauthorized', 'fcm 403 PERMISSION_DENIED'],
])('%s holds the consumer, spends nothing, and the push arrives afterwards', async (_title, fail, outcome, reason) => {
  const { world, fcm, pushed, attempts } = await pushWorld('phone');
  fcm.fail = fail;
  world.start();
  await until('it was tried twice', async () => {
    await world.relayOnce();
    return (await attempts()).includes(`2 ${outcome}`);
  });
  expect(world.logged.filter((line) => line.includes('"msg":"consumer held') && line.includes(`push: ${reason}`))).not.toEqual([]);
  fcm.fail = undefined;
  await world.settle();
  expect(await pushed()).toMatchObject([{ status: 'sent', reason: null }]);
  expect(await world.failures()).toEqual([]);
});

test('a device that got too much waits alone; others are told at once', async () => {
  const { world, fcm, pushed, took } = await pushWorld('busy-phone');
  const others = ['one', 'two', 'three'];
  for (const token of others) {
    const customerUserId = await world.person();
    await world.sql.begin((tx) => savePushDevice(tx, customerUserId, { platform: 'fcm', token }));
    await world.commit(ticketOpened(await world.tenant({ ownerUserId: await world.person() }), { customerUserId }));
  }
  world.start();
  await until('the others are told', async () => {
    await world.relayOnce();
    return fcm.accepted.length === others.length;
  });
  expect(took()).toEqual(others.toSorted());
  await until('the device waits', async () => (await pushed()).some(({ status, reason }) => status === 'queued' && reason === 'fcm 429 QUOTA_EXCEEDED'));
  expect(world.logged.join('\n')).not.toContain('consumer held');
  expect(await world.failures()).toEqual([]);
});

test('a key for Apple’s servers that FCM cannot use fails that message, and nobody waits', async () => {
  const { world, fcm, pushed, devices } = await pushWorld('ios-phone');
  world.start();
  await world.settle();
  expect(await pushed()).toMatchObject([{ status: 'failed', reason: 'fcm 401 THIRD_PARTY_AUTH_ERROR' }]);
  expect(await devices()).toEqual(['ios-phone']);
  expect(fcm.grants()).toBe(1);
  expect(world.logged.join('\n')).not.toContain('consumer held');
});

/** A customer with a browser, and consumers that have not started. */
async function browserWorld() {
  const service = await startWebPush();
  onTestFinished(() => service.stop());
  const ecdh = createECDH('prime256v1');
  ecdh.generateKeys();
  const privateKey = ecdh.getPrivateKey().toString('base64url').padStart(43, 'A');
  const webPush = openWebPush({ privateKey, subject: 'mailto:ops@techmarket.example', timeoutMs: 2_000 });
  const world = await openNotifying([deliverPush, notify], { push: pushChannel({ webPush }) });
  const customerUserId = await world.person();
  const { endpoint, keys } = service.subscribe();
  await world.sql.begin((tx) => savePushDevice(tx, customerUserId, { platform: 'web', endpoint, ...keys }));
  await world.commit(ticketOpened(await world.tenant({ ownerUserId: await world.person() }), { customerUserId }));
  const pushed = async () => (await world.notifications()).filter(({ channel }) => channel === 'push');
  return { world, service, pushed, attempts: async () => world.attempts((await pushed())[0]?.id ?? randomUUID()) };
}

test.each<[title: string, fail: ProviderFailure, outcome: string, tries: number]>([
  ['our clock or key is refused', 'account', 'unauthorized', 2],
  ['the service is in trouble', 'later', 'unavailable', 2],
  ['the service throttles with 406', { status: 406, headers: { 'Retry-After': '2' } }, 'deferred', 1],
])('where %s, a browser’s push waits by itself and spends nothing', async (_title, fail, outcome, tries) => {
  const { world, service, pushed, attempts } = await browserWorld();
  service.fail = fail;
  world.start();
  await until('it was tried', async () => {
    await world.relayOnce();
    return (await attempts()).includes(`${tries} ${outcome}`);
  });
  service.fail = undefined;
  const beganAt = performance.now();
  await world.settle();
  expect(await pushed()).toMatchObject([{ status: 'sent', reason: null }]);
  if (tries === 1) expect(performance.now() - beganAt).toBeGreaterThan(1_400);
  expect(world.logged.join('\n')).not.toContain('consumer held');
  expect(await world.failures()).toEqual([]);
});

test('a push whose answer was lost is sent again under the same id', async () => {
  const { world, fcm, pushed, attempts } = await pushWorld('phone');
  fcm.fail = 'drop';
  world.start();
  await until('nobody knows', async () => {
    await world.relayOnce();
    return (await attempts()).includes('1 unknown');
  });
  fcm.fail = undefined;
  await world.settle();
  const [{ id } = { id: '' }] = await pushed();
  expect(fcm.accepted.map(({ data }) => data['notificationId'])).toEqual([id, id]);
  expect(await attempts()).toEqual(['1 sending', '1 unknown', '2 sending', '2 sent']);
});

test('where push is not configured nobody is told by it', async () => {
  const world = await openNotifying([deliverPush, notify]);
  const customerUserId = await world.person();
  await world.sql.begin((tx) => savePushDevice(tx, customerUserId, { platform: 'fcm', token: 'phone' }));
  await world.commit(ticketOpened(await world.tenant({ ownerUserId: customerUserId }), { customerUserId }));
  world.start();
  await until('it was noticed', async () => {
    await world.relayOnce();
    return (await world.notifications()).length > 0;
  });
  expect((await world.notifications()).map(({ channel }) => channel)).toEqual(['email', 'inbox']);
});
