import { createHash, createHmac, randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { createApp } from '../../../src/api/app.ts';
import { appConfig, appDeps, json, signIn, tenantBody } from '../../support/app.ts';
import { createDatabase } from '../../support/database.ts';
import { captured, deliver, failed, openPaying } from '../../support/money.ts';
import { makeToken } from '../../support/tokens.ts';

const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
const foreign: readonly (string | Buffer)[] = [
  '"metadata":{"order_id":7615917337495251231}', '"x":1e400', '"x":-1e400', '"x":1e-200000',
  '"x":[1,{"y":9007199254740993}]',
  '"x":"a\\u0000b"', '"a\\u0000b":1', '"x":"\\ud800"', '"\\udc00":{"x":["\\ud83d"]}', '"x":{"__proto__":1}',
  '"__proto__":{"type":"x"}',
  `"x":${nested(200)}`, Buffer.from('"x":"\xff\xfe"', 'latin1'), '"x":null', '"x":"\u202e"', '"x":0.1e-7',
  `"x":"${'y'.repeat(300_000)}"`,
];

/** Puts a member first, and into the data. */
function withForeign(report: object, member: string | Buffer): readonly Buffer[] {
  const text = JSON.stringify(report);
  const put = (at: number) =>
    Buffer.concat([Buffer.from(text.slice(0, at)), Buffer.from(member), Buffer.from(`,${text.slice(at)}`)]);
  return [put(1), put(text.indexOf('"data":{') + '"data":{'.length)];
}

test('a foreign field never turns a valid payment webhook away', async () => {
  const { sql, app, tenantId, payments } = await openPaying();
  let sent = 0;
  for (const member of foreign) {
    for (const make of [captured, failed]) {
      for (const body of withForeign(make(tenantId, { paymentId: `pay_${sent}` }), member)) {
        sent += 1;
        const answer = await deliver(app, body);
        expect([member.toString().slice(0, 40), answer.status]).toEqual([member.toString().slice(0, 40), 200]);
      }
    }
  }
  expect(await payments()).toHaveLength(foreign.length * 2);
  expect(await sql`select count(*)::integer as stored from webhook_payload where standing = 'first'`).toEqual([
    { stored: sent },
  ]);
});

test('words of the provider that are ours to keep are kept as one line', async () => {
  const { sql, app, tenantId } = await openPaying();
  const reasons = ['no\nfunds', `a\u0000b\ud800`, 'x'.repeat(2_000), '', 'gpj\u202eexe'];
  for (const [index, reason] of reasons.entries()) {
    expect((await deliver(app, failed(tenantId, { paymentId: `pay_${index}`, reason }))).status).toBe(200);
  }
  const kept = await sql`select failure_reason as reason from payment order by provider_payment_id`;
  expect(kept.map(({ reason }) => String(reason))).toEqual(['no funds', 'a b\ufffd', 'x'.repeat(500), '', 'gpj exe']);
  for (const instrument of ['a\nb', { brand: 'visa' }, 'x'.repeat(900), 5]) {
    expect((await deliver(app, captured(tenantId, { paymentId: randomUUID(), instrument }))).status).toBe(200);
  }
});

test('ids that a provider writes as numbers are ids', async () => {
  const { sql, app, tenantId } = await openPaying();
  for (const id of ['7615917337495251231', '42']) {
    const body = JSON.stringify(captured(tenantId, { paymentId: 'ID' })).replace('"ID"', id);
    expect([id, (await deliver(app, body)).status]).toEqual([id, 200]);
  }
  const kept = await sql`select provider_payment_id as id from payment order by 1`;
  expect(kept.map(({ id }) => String(id))).toEqual(['42', '7615917337495251231']);
});

test.each([
  { type: 'ping' }, { type: 'account.updated', data: null }, { type: 'x', data: [1] }, { type: 'x', data: 'y' },
  { type: 5 }, { type: null }, {},
  { type: 'payment.captured.v2', data: {} }, { type: '__proto__' }, { type: '' },
  { event: 'x', type: ['payment.captured'] },
])('a delivery of another type, such as %j, is stored and ignored', async (body) => {
  const { sql, app } = await openPaying();
  const answer = await deliver(app, body);
  expect([answer.status, await json(answer)]).toEqual([200, { status: 'ignored' }]);
  expect(await sql`select standing from webhook_payload`).toEqual([{ standing: 'first' }]);
});

const types = [
  'application/json; charset=utf8', 'application/json;charset=UTF-8;', 'application/json; profile="x"',
  'application/json;\tcharset=utf-8',
  'application/json ; charset=utf-8', 'APPLICATION/JSON', 'application/json; charset="utf-8"',
  'application/json; a="b;c=\\"d"; charset=UTF8',
  'application/json;;', ' application/json', "application/json; version=1.0; x='y'",
];
const otherTypes = [
  '', 'text/plain', 'application/json; charset=latin1', 'application/json; charset="utf-16"', 'application/jsonp',
  'application/json charset=utf-8',
  'application/json; charset', 'application/json; charset =utf-8', 'application/json, text/plain',
  'application/json; x="y', 'json', 'application/json;=x',
];

test('a Content-Type is read by its grammar, on webhooks and on the API', async () => {
  const { app, tenantId } = await openPaying();
  const authorization = `Bearer ${await makeToken()}`;
  for (const [list, expected] of [[types, [200, 201]], [otherTypes, [415, 415]]] as const) {
    for (const contentType of list) {
      const headers = { authorization, 'Content-Type': contentType, 'Idempotency-Key': randomUUID() };
      const webhook = await deliver(app, captured(tenantId, { paymentId: randomUUID() }), { contentType });
      const api = await app.request('/tenants', { method: 'POST', headers, body: JSON.stringify(tenantBody) });
      expect([contentType, webhook.status, api.status]).toEqual([contentType, ...expected]);
    }
  }
});

test('WhatsApp’s statuses are read beside whatever else a report has', async () => {
  const { sql } = await createDatabase();
  const app = createApp(appDeps(sql));
  const status = { id: 'wamid.1', status: 'sent', timestamp: '1700000000', biz_opaque_callback_data: randomUUID() };
  const wrap = (statuses: string, value = '') =>
    `{"entry":[{"changes":[{"value":{${value}"statuses":[${statuses}]}}]}]}`;
  const one = JSON.stringify(status);
  const bodies: readonly (readonly [body: string, statuses: number])[] = [
    [wrap(one, '"message_template_id":12345678901234567890,'), 1],
    [wrap(one, '"x":1e400,"y":"\\u0000","z":"\\ud800",'), 1],
    [wrap(`null,5,${one}`), 1],
    [wrap(JSON.stringify({ ...status, timestamp: 1_700_000_000 })), 1],
    [wrap(JSON.stringify({ ...status, errors: [{ code: '131016' }], pricing: null })), 1],
    ...['1700000000000', 1_700_000_000.5, '1700000000.5', 0, -1, 1e18, '1e3', null, {}, 'today', '99999999999'].map((timestamp) => [wrap(JSON.stringify({ ...status, timestamp })), 1] as const),
    [wrap(JSON.stringify({ ...status, timestamp: undefined })), 1],
    ...[[], null, {}, 'x', [null], [{}], [{ code: null }, { code: 131_026 }]].map((errors) => [wrap(JSON.stringify({ ...status, status: 'failed', errors })), 1] as const),
    ...['deleted', 'warning', '', null, 5, ['sent']].map((word) => [wrap(JSON.stringify({ ...status, status: word })), 0] as const),
    [wrap(JSON.stringify({ ...status, biz_opaque_callback_data: randomUUID().toUpperCase() })), 1],
    [wrap(JSON.stringify({ ...status, biz_opaque_callback_data: undefined })), 0],
    [wrap(`${one},${one}`, '"messages":[{"id":"wamid.2","from":"52155","type":"text","text":{"body":"hola"}}],"contacts":[],"errors":[{"code":1}],'), 2],
    [`{"object":"whatsapp_business_account","entry":[{"changes":[{"field":"messages","value":{"statuses":[${one}]}},{"field":"account_update","value":{}}]},{"changes":[{"value":{"statuses":[${one}]}}]}]}`, 2],
    [wrap(JSON.stringify({ ...status, id: 'a\0b' })), 0],
    [`{"entry":[null,{"changes":null},{"changes":[null,{"value":null},{"value":{"statuses":[${one}]}}]}]}`, 1],
    ['{"entry":null}', 0], ['[]', 0], ['null', 0], ['{"object":"x"}', 0],
  ];
  for (const [body, statuses] of bodies) {
    const signature = `sha256=${createHmac('sha256', String(appConfig.WHATSAPP_APP_SECRET)).update(body).digest('hex')}`;
    const headers = { 'Content-Type': 'application/json', 'X-Hub-Signature-256': signature };
    const answer = await app.request('/webhooks/whatsapp', { method: 'POST', headers, body });
    expect([body, answer.status, await json(answer)]).toEqual([body, 200, { statuses }]);
  }
});

test('one Idempotency-Key gets the first answer for the same JSON, however it is written', async () => {
  const { sql } = await createDatabase();
  const user = await signIn(createApp(appDeps(sql)));
  const key = randomUUID();
  const { name, ...others } = { ...tenantBody, name: 'Clima Norte' };
  const first = await (await user.post('/tenants', { name, ...others }, key)).text();
  const same = [
    { ...others, name }, JSON.stringify({ name, ...others }, null, 2), `\n${JSON.stringify({ name, ...others })} `,
    JSON.stringify({ ...others, name }).replace('Clima', '\\u0043lima'),
  ];
  for (const body of same) {
    const answer = await user.post('/tenants', body, key);
    expect([answer.status, answer.headers.get('Idempotency-Replayed'), await answer.text()]).toEqual([
      201,
      'true',
      first,
    ]);
  }
  for (const body of [{ ...others, name: 'Clima  Norte' }, { ...others, name: 'Clima norte' }]) {
    expect((await user.post('/tenants', body, key)).status).toBe(422);
  }
  expect(await sql`select count(*)::integer as tenants from tenant`).toEqual([{ tenants: 1 }]);
});

test('a key of an earlier release, which took the bytes, still gets its answer', async () => {
  const { sql } = await createDatabase();
  const user = await signIn(createApp(appDeps(sql)));
  const key = randomUUID();
  const first = await (await user.post('/tenants', tenantBody, key)).text();
  const ofBytes = createHash('sha256').update('/tenants\n').update(JSON.stringify(tenantBody)).digest('base64url');
  await sql`update idempotency_key set fingerprint = ${ofBytes}`;
  expect(await (await user.post('/tenants', tenantBody, key)).text()).toBe(first);
});
