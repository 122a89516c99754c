import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { signedReport } from '../../../dev/sandbox/whatsapp.ts';
import { appConfig } from '../../support/app.ts';
import { captured, deliver, openPaying } from '../../support/money.ts';
import { signInOperator } from '../../support/operator.ts';

const PATH = '/backoffice/ui/webhooks';

async function setUp() {
  const opened = await openPaying();
  const send = (deliveryId: string, report: unknown, odd: object = {}) => deliver(opened.app, report, { deliveryId, ...odd });
  return { ...opened, send, operator: await signInOperator(opened.app), reader: await signInOperator(opened.app, 'backoffice:read') };
}

const ids = (page: string) => [...page.matchAll(/title="([^"]*)"><code>/g)].map(([, id]) => id);

test('webhooks are listed newest first, page by page, by provider and verdict', async () => {
  const { send, tenantId, operator } = await setUp();
  for (const id of ['', 'a/1?', 'b', 'c']) await send(id, captured(tenantId));
  await send('d', captured(tenantId), { signature: '' });
  const page = await operator.read(`${PATH}?limit=3`);
  expect(ids(page)).toEqual(['d', 'c', 'b']);
  const next = /href="(\?[^"]*cursor=[^"]*)"/.exec(page)?.[1]?.replaceAll('&amp;', '&') ?? '';
  const rest = await operator.read(PATH + next);
  expect([ids(rest), rest.includes('without an id')]).toEqual([['a/1?'], true]);
  expect(ids(await operator.read(`${PATH}?verdict=refused`))).toEqual(['d']);
  expect(ids(await operator.read(`${PATH}?verdict=valid&provider=sandpay`))).toEqual(['c', 'b', 'a/1?']);
  expect(ids(await operator.read(`${PATH}?provider=whatsapp`))).toEqual([]);
  expect((await operator.get(/href="([^"]*a%2F1[^"]*)"/.exec(rest)?.[1] ?? '')).status).toBe(200);
  expect((await operator.get(`${PATH}?cursor=x`)).status).toBe(400);
});

test('a delivery is shown with all that came under its id, and with the events it set off', async () => {
  const { sql, send, tenantId, operator } = await setUp();
  await send('whd_1', captured(tenantId));
  await send('whd_1', captured(tenantId, { paymentId: 'pay_other' }));
  await send('whd_1', captured(tenantId), { signature: '' });
  const page = await operator.read(`${PATH}/sandpay/whd_1`);
  const standings = [...page.matchAll(/class="badge \w+">([^<]*)</g)].map(([, said]) => said);
  expect(standings.slice(0, 3)).toEqual(['first', 'other body, same id', 'refused']);
  expect(page).toContain('no valid Webhook-Signature');
  const [event] = await sql<{ id: string }[]>`select id from outbox_event where event_type = 'PaymentCaptured'`;
  expect(page).toContain(`<a href="/backoffice/ui/events/${event?.id}">PaymentCaptured</a>`);
  expect(await operator.read(`/backoffice/ui/events/${event?.id}`)).toContain('set off by a webhook');
  expect((await operator.get(`${PATH}/sandpay/whd_2`)).status).toBe(404);
  for (const odd of ['%00', 'x'.repeat(257)]) expect((await operator.get(`${PATH}/sandpay/${odd}`)).status).toBe(404);
});

test('a payload is shown to who may write; to who may only read its values are masked', async () => {
  const { send, tenantId, operator, reader } = await setUp();
  await send('whd_1', { ...captured(tenantId), payer: { mail: 'ana@example.com', phone: 5215512345678, note: '<b>Ana</b>' } });
  const [known, masked] = [await operator.read(`${PATH}/sandpay/whd_1`), await reader.read(`${PATH}/sandpay/whd_1`)];
  for (const personal of ['ana@example.com', '5215512345678', tenantId]) expect([known.includes(personal), masked.includes(personal)]).toEqual([true, false]);
  expect([known.includes('&lt;b&gt;Ana'), masked.includes('49900'), masked.includes('Values are masked')]).toEqual([true, true, true]);
  await send('whd_2', 'not JSON of Ana', { signature: '' });
  expect(await operator.read(`${PATH}/sandpay/whd_2`)).toContain('not JSON of Ana');
  expect(await reader.read(`${PATH}/sandpay/whd_2`)).not.toContain('not JSON of Ana');
  await send('whd_3', `${'['.repeat(2_000)}"Ana"${']'.repeat(2_000)}`, { signature: '' });
  expect(await reader.read(`${PATH}/sandpay/whd_3`)).not.toContain('Ana');
});

test('what WhatsApp reports is followed to its events too', async () => {
  const { sql, app, operator } = await setUp();
  const id = uuidv7();
  await sql`
    insert into notification (id, event_id, user_id, channel, template, template_version, locale, payload, status)
    values (${id}, ${uuidv7()}, ${randomUUID()}, 'whatsapp', 'appointment-reminder', 1, 'es', '{}', 'sent')
  `;
  const message = { id: 'wamid.1', to: '5215512345678', callbackData: id };
  const report = signedReport(String(appConfig.WHATSAPP_APP_SECRET), { message, status: 'failed' });
  expect((await app.request('/webhooks/whatsapp', { method: 'POST', ...report })).status).toBe(200);
  const [deliveryId = ''] = ids(await operator.read(`${PATH}?provider=whatsapp`));
  expect(await operator.read(`${PATH}/whatsapp/${deliveryId}`)).toContain('>NotificationFailed</a>');
});
