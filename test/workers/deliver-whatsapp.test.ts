import { randomUUID } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { saveConfirmedContact } from '../../dev/confirmed-contact.ts';
import type { ProviderFailure } from '../../dev/sandbox/http-provider.ts';
import { startWhatsApp, type WhatsAppStatus } from '../../dev/sandbox/whatsapp.ts';
import { createApp } from '../../src/api/app.ts';
import { startServer } from '../../src/api/http/server.ts';
import { quoteSent } from '../../src/events/quote-sent.ts';
import { whatsAppChannel } from '../../src/notifications/channels/whatsapp.ts';
import { openWhatsApp } from '../../src/platform/whatsapp.ts';
import { beginSending } from '../../src/notifications/send/sending.ts';
import { deliverWhatsApp } from '../../src/workers/deliver-whatsapp.ts';
import { notify } from '../../src/workers/notify.ts';
import { templateContracts } from '../../templates/index.ts';
import { appConfig, appDeps } from '../support/app.ts';
import { openNotifying } from '../support/notifying.ts';
import { until } from '../support/until.ts';

const ana = { name: 'Ana Ruiz', email: 'ana@example.com', locale: 'es' } as const;

const PHONE = '+5215512345678';
const appSecret = String(appConfig.WHATSAPP_APP_SECRET);
const sender = { phoneNumberId: '106540352242922', accessToken: 'EAAB-secret-token' };

/** A customer who is to be told of a quote, and consumers that have not started. */
async function quoteWorld({ optIn = true, subject = 'No hay agua' } = {}) {
  const cloud = await startWhatsApp({ ...sender, appSecret });
  onTestFinished(() => cloud.stop());
  const api = openWhatsApp({ ...sender, url: cloud.url, version: 'v23.0', timeoutMs: 2_000 });
  const world = await openNotifying([deliverWhatsApp, notify], { whatsapp: whatsAppChannel(api, templateContracts) });
  const { sql } = world;
  const customerUserId = await world.person();
  await saveConfirmedContact(sql, customerUserId, { ...ana, phone: PHONE, optIn });
  const tenant = await world.tenant();
  await world.commit(quoteSent({
    tenantId: tenant.id, occurredAt: new Date(),
    payload: {
      quoteId: randomUUID(), ticketId: randomUUID(), customerUserId, tenantName: 'Taller Norte', subject,
      total: { minor: 125_000, currency: 'MXN' }, validUntil: '2026-11-30T18:00:00.000Z',
    },
  }));
  const told = async () => (await world.notifications()).filter(({ channel }) => channel === 'whatsapp');
  const status = async () => (await told())[0]?.status;
  return {
    world, sql, cloud, told, status,
    attempts: async () => world.attempts((await told())[0]?.id ?? randomUUID()),
    /** Serves the app, and has the first message's statuses reported to it. */
    async report(...statuses: readonly WhatsAppStatus[]) {
      const server = await startServer(createApp(appDeps(sql)), 0);
      onTestFinished(() => server.close(0));
      const [message] = cloud.accepted;
      if (message === undefined) throw new Error('nothing was accepted');
      return cloud.report(`http://127.0.0.1:${server.port}/webhooks/whatsapp`, message, statuses);
    },
  };
}

test('who said yes to WhatsApp gets a quote by it, and the text is what was approved', async () => {
  const { world, cloud, told, attempts } = await quoteWorld();
  world.start();
  await world.settle();
  const [{ id } = { id: '' }] = await told();
  expect(await told()).toMatchObject([{ template: 'quote-sent', status: 'sent' }]);
  expect(await attempts()).toEqual(['1 sending', '1 sent']);
  const [message] = cloud.accepted;
  expect(message).toMatchObject({ to: PHONE.slice(1), template: 'quote_sent', language: 'es_MX', callbackData: id });
  expect(message?.parameters).toHaveLength(4);
  expect(world.logged.join('\n')).not.toContain(PHONE.slice(1));
});

test.each<[title: string, fail: ProviderFailure, outcome: string, isHeld: boolean]>([
  ['Meta in trouble', 'later', 'unavailable', true],
  ['Meta behind a gateway that fails', { status: 503, body: '<html>' }, 'unavailable', true],
  ['an account that has not paid', 'account', 'unauthorized', true],
  ['a reader who gets too much', 'defer', 'deferred', false],
])('%s spends nothing, and the quote arrives afterwards', async (_title, fail, outcome, isHeld) => {
  const { world, cloud, status, attempts } = await quoteWorld();
  cloud.fail = fail;
  cloud.retryAfterSeconds = 2;
  world.start();
  await until('it was tried', async () => {
    await world.relayOnce();
    return (await attempts()).includes(`1 ${outcome}`);
  });
  cloud.fail = undefined;
  await world.settle();
  expect(await status()).toBe('sent');
  expect(world.logged.some((line) => line.includes('consumer held'))).toBe(isHeld);
  expect(await world.failures()).toEqual([]);
});

test('a subject with runs of spaces, a line break and marks arrives as one plain parameter', async () => {
  const { world, cloud, status } = await quoteWorld({ subject: 'Fuga     de *agua*\nen _casa_' });
  world.start();
  await world.settle();
  expect(await status()).toBe('sent');
  expect(cloud.accepted[0]?.parameters).toContain('Fuga de ∗agua∗ en ˍcasaˍ');
});

test('who said no gets nothing by it', async () => {
  const { world, told } = await quoteWorld({ optIn: false });
  world.start();
  await until('the customer was told', async () => {
    await world.relayOnce();
    return (await world.notifications()).length > 0;
  });
  expect(await told()).toEqual([]);
});

test('statuses that come twice and in any order never lead back', async () => {
  const { world, sql, status, report } = await quoteWorld();
  world.start();
  await world.settle();
  expect(await report('delivered', 'sent', 'delivered')).toEqual([200, 200, 200]);
  expect(await status()).toBe('delivered');
  await report('failed');
  expect(await status()).toBe('delivered');
  await report('read', 'delivered', 'sent');
  expect(await status()).toBe('read');
  const receipts = await sql`select status from notification_receipt order by status`;
  expect(receipts.map((receipt) => String(receipt['status']))).toEqual(['delivered', 'failed', 'read', 'sent']);
});

test('a failure that is reported later fails the notification with its code, unless it was delivered', async () => {
  const { world, told, status, report } = await quoteWorld();
  world.start();
  await world.settle();
  await report('sent', 'failed', 'sent');
  expect(await told()).toMatchObject([{ status: 'failed', reason: 'whatsapp 131026' }]);
  await report('delivered');
  expect(await status()).toBe('delivered');
});

test('a status settles what nobody knew the end of, and nothing is sent again', async () => {
  const { world, sql, cloud, told, status, report, attempts } = await quoteWorld();
  cloud.fail = 'drop';
  world.start();
  await until('nobody knows', async () => {
    await world.relayOnce();
    return (await attempts()).includes('1 unknown');
  });
  cloud.fail = 'later'; // were it sent again before the report, it would not be accepted
  await report('sent');
  cloud.fail = undefined;
  await world.settle();
  expect(await status()).toBe('sent');
  expect(cloud.accepted).toHaveLength(1);
  const [{ id } = { id: '' }] = await told();
  const mayLeave = () => ({ verdict: 'send' }) as const;
  const options = { leaseMs: 1_000, perHour: 100, resendUnknown: () => true, mayLeave };
  const again = await sql.begin((tx) => beginSending(tx, [id], options));
  expect(again.get(id)).toEqual({ state: 'settled' });
});
