import { randomUUID } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { saveConfirmedContact } from '../../dev/confirmed-contact.ts';
import { startFcm } from '../../dev/sandbox/fcm.ts';
import { startWhatsApp } from '../../dev/sandbox/whatsapp.ts';
import { appointmentApproached } from '../../src/events/appointment-approached.ts';
import { pushChannel } from '../../src/notifications/channels/push.ts';
import { whatsAppChannel } from '../../src/notifications/channels/whatsapp.ts';
import { openFcm } from '../../src/platform/fcm.ts';
import { openWhatsApp } from '../../src/platform/whatsapp.ts';
import { savePreferences } from '../../src/notifications/decide/preferences.ts';
import { savePushDevice } from '../../src/notifications/send/push-devices.ts';
import { deliverPush } from '../../src/workers/deliver-push.ts';
import { deliverWhatsApp } from '../../src/workers/deliver-whatsapp.ts';
import { fallBack } from '../../src/workers/fall-back.ts';
import { notify } from '../../src/workers/notify.ts';
import { templateContracts } from '../../templates/index.ts';
import { openNotifying } from '../support/notifying.ts';
import { until } from '../support/until.ts';

const ana = { name: 'Ana Ruiz', email: 'ana@example.com', locale: 'es' } as const;

const sender = { phoneNumberId: '106540352242922', accessToken: 'EAAB-secret-token' };

/** A customer with a device and WhatsApp who is reminded of a visit: by push, and WhatsApp stands in. */
async function reminded(token: string) {
  const [fcm, cloud] = [await startFcm(), await startWhatsApp({ ...sender, appSecret: 'secret'.repeat(4) })];
  onTestFinished(async () => void (await Promise.all([fcm.stop(), cloud.stop()])));
  const world = await openNotifying([deliverPush, deliverWhatsApp, fallBack, notify], {
    push: pushChannel({ fcm: openFcm({ url: fcm.url, account: fcm.account, timeoutMs: 1_000 }) }),
    whatsapp: whatsAppChannel(openWhatsApp({ ...sender, url: cloud.url, version: 'v23.0', timeoutMs: 1_000 }), templateContracts),
  });
  const { sql } = world;
  const customerUserId = await world.person();
  await sql.begin((tx) => savePushDevice(tx, customerUserId, { platform: 'fcm', token }));
  await saveConfirmedContact(sql, customerUserId, { ...ana, phone: '+5215512345678' });
  return {
    ...world, fcm, cloud, customerUserId,
    async remind() {
      world.start();
      await world.commit(appointmentApproached({
        occurredAt: new Date(),
        payload: {
          appointmentId: randomUUID(), ticketId: randomUUID(), customerUserId, tenantName: 'Taller', subject: 'Agua',
          startsAt: new Date(Date.now() + 86_400_000).toISOString(),
        },
      }));
      await world.settle();
    },
    states: async () => {
      const outward = (await world.notifications()).filter(({ channel }) => channel === 'push' || channel === 'whatsapp');
      return outward.map(({ channel, status }) => `${channel} ${status}`);
    },
    because: async () => {
      const rows = await sql`select rule || ' ' || verdict || ' ' || detail as said from notification_decision where channel = 'whatsapp' order by decided_at`;
      return rows.map(({ said }) => String(said));
    },
  };
}

test('what arrives by push is not told by WhatsApp', async () => {
  const { remind, states, because, cloud } = await reminded('phone');
  await remind();
  expect(await states()).toEqual(['push sent']);
  expect(await because()).toEqual(['fallback held until push fails for good']);
  expect(cloud.accepted).toEqual([]);
});

test('what push refused for good is told by WhatsApp, once', async () => {
  const { remind, states, because, cloud, sql, deliverAgain, queuesEmpty } = await reminded('gone-phone');
  await remind();
  expect(await states()).toEqual(['push failed', 'whatsapp sent']);
  expect(await because()).toEqual(['fallback held until push fails for good', 'fallback allowed push failed']);
  const failed = await sql<{ id: string }[]>`select id from outbox_event where event_type = 'NotificationFailed'`;
  await deliverAgain('fall-back', failed.map(({ id }) => id));
  await queuesEmpty();
  expect(cloud.accepted).toHaveLength(1);
});

test('what nobody knows the end of is not told by WhatsApp', async () => {
  const { remind, states, cloud, fcm, sql } = await reminded('phone');
  await sql`alter table notification alter column refusals set default 7`; // the next one is the last
  fcm.fail = 'drop';
  await remind();
  expect(await states()).toEqual(['push unknown']);
  expect(cloud.accepted).toEqual([]);
});

test('what push refused after nobody knew is not told by WhatsApp either', async () => {
  const { remind, states, cloud, fcm, sql } = await reminded('phone');
  await sql`alter table notification alter column refusals set default 6`;
  fcm.fail = 'drop';
  const reminding = remind();
  await until('nobody knows', async () => (await sql`select from notification_attempt where outcome = 'unknown'`).length > 0);
  fcm.fail = 'refuse';
  await reminding;
  expect(await states()).toEqual(['push unknown']);
  expect(cloud.accepted).toEqual([]);
});

test('who switched WhatsApp off is not told by it, and that is on record', async () => {
  const { remind, states, because, sql, customerUserId } = await reminded('gone-phone');
  const off = { channel: 'whatsapp', category: 'appointments', enabled: false };
  await sql.begin((tx) => savePreferences(tx, customerUserId, [off]));
  await remind();
  expect(await states()).toEqual(['push failed', 'whatsapp suppressed']);
  expect((await because()).at(-1)).toBe('preference suppressed off');
});

test('WhatsApp stands in at once for a user without a device', async () => {
  const { remind, states, sql } = await reminded('phone');
  await sql`delete from push_device`;
  await remind();
  expect(await states()).toEqual(['whatsapp sent']);
});
