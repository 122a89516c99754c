import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createApp } from '../../../src/api/app.ts';
import { Unavailable } from '../../../src/platform/unavailable.ts';
import { documentsInPostgres } from '../../../src/documents/postgres-store.ts';
import { appConfig, appDeps, json, untouchable } from '../../support/app.ts';
import {
  captured, deliver, moneyEvents, openPaying, signed, unixSeconds, WEBHOOK, type Odd,
} from '../../support/money.ts';

const NEW_SECRET = 'another-webhook-secret-of-tests-that-replaces-it';

const zeros = '0'.repeat(64);
const refusedAs: readonly (readonly [what: string, odd: Odd])[] = [
  ['no signature', { signature: undefined }],
  ['an empty signature', { signature: '' }],
  ['another body’s signature', { signature: signed('{}').signature }],
  ['a signature of the wrong length', { signature: 'v1=abc' }],
  ['a signature that is not hex', { signature: `v1=${'zé'.repeat(32)}`.replaceAll('é', 'q') }],
  ['a signature of another scheme', { signature: `sha1=${zeros}` }],
  ['a hundred wrong signatures', { signature: Array(100).fill(`v1=${zeros}`).join(',') }],
  ['an old timestamp', { timestamp: unixSeconds(-301) }],
  ['a timestamp far ahead', { timestamp: unixSeconds(400) }],
  ['a timestamp that is none', { timestamp: 'abc' }],
  ['a negative timestamp', { timestamp: '-1' }],
  ['a timestamp with a fraction', { timestamp: `${unixSeconds()}.5` }],
  ['no timestamp', { timestamp: undefined }],
  ['no id', { deliveryId: undefined }],
  ['an id of 257 characters', { deliveryId: 'x'.repeat(257) }],
  ['an id with a space', { deliveryId: 'a b' }],
];

test('a delivery that proves nothing is answered with 401, kept as refused, and changes nothing', async () => {
  const { sql, app, tenantId, payments } = await openPaying();
  for (const [what, odd] of refusedAs) {
    const answer = await deliver(app, captured(tenantId), odd);
    expect([what, answer.status]).toEqual([what, 401]);
    expect(await json(answer)).toMatchObject({ status: 401, code: 'invalid-signature' });
  }
  expect(await payments()).toEqual([]);
  expect(await moneyEvents(sql)).toEqual([]);
  const kept = await sql`select distinct standing, verdict = 'valid' as valid from webhook_payload`;
  expect(kept).toEqual([{ standing: 'refused', valid: false }]);
});

test('what anybody can send fills the store with 60 records an hour at most, each of 4 KB', async () => {
  const { sql, app } = await openPaying();
  for (let sent = 0; sent < 70; sent += 1) {
    const unsigned = { deliveryId: `id-${sent}`, signature: '' };
    expect((await deliver(app, `"${'x'.repeat(10_000)}${sent}"`, unsigned)).status).toBe(401);
  }
  const [kept] = await sql`select count(*)::integer as rows, max(length(raw_body)) as longest from webhook_payload`;
  expect(kept).toEqual({ rows: 60, longest: 4_096 });
});

test.for<readonly [string, number, string, Odd?]>([
  ['an empty body', 400, ''],
  ['half an object', 400, '{"type":'],
  ['nesting 10,000 deep', 400, `${'['.repeat(10_000)}${']'.repeat(10_000)}`],
  ['an array', 422, '[]'],
  ['null', 422, 'null'],
  ['another Content-Type', 415, '{}', { contentType: 'text/plain' }],
  ['more than 1 MB', 413, `"${'x'.repeat(1_024 * 1_024)}"`],
])('a signed delivery of %s is answered with %i', async ([, status, body, odd = {}]) => {
  const { documents, ...deps } = appDeps(untouchable);
  const stored = { ...documents, storeWebhook: () => Promise.resolve('stored' as const) };
  const answer = await deliver(createApp({ ...deps, documents: stored }), body, odd);
  expect([answer.status, answer.headers.get('Content-Type')]).toEqual([status, 'application/problem+json']);
});

describe('a delivery', () => {
  test('signed with the old and the new secret is accepted, and so is one with either of the two', async () => {
    const { sql, tenantId } = await openPaying();
    const config = { ...appConfig, PAYMENTS_WEBHOOK_SECRETS: [NEW_SECRET, ...appConfig.PAYMENTS_WEBHOOK_SECRETS] };
    const app = createApp(appDeps(sql, { config }));
    const body = JSON.stringify(captured(tenantId));
    const { deliveryId, timestamp, signature: old } = signed(body);
    const renewed = `v1=${createHmac('sha256', NEW_SECRET).update(`${deliveryId}.${timestamp}.${body}`).digest('hex')}`;
    for (const signature of [`${old},${renewed}`, renewed, old, `v0=x, ${renewed}`]) {
      expect((await deliver(app, body, { deliveryId, timestamp, signature })).status).toBe(200);
    }
  });

  test('is accepted up to 300 s from our time, either way', async () => {
    const { app, tenantId } = await openPaying();
    for (const offset of [-299, 299]) {
      expect((await deliver(app, captured(tenantId), { timestamp: unixSeconds(offset) })).status).toBe(200);
    }
  });

  test('sent 20 times at once is stored once and makes one payment with one event', async () => {
    const { sql, app, tenantId, payments } = await openPaying();
    const send = () => deliver(app, captured(tenantId), { deliveryId: 'whd_1' });
    const answers = await Promise.all(Array.from({ length: 20 }, send));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(await payments()).toHaveLength(1);
    expect(await moneyEvents(sql)).toEqual(['PaymentCaptured']);
    expect(await sql`select standing from webhook_payload`).toEqual([{ standing: 'first' }]);
  });

  test('of a known id with another body is answered with 409; the first stays and both are on record', async () => {
    const { sql, app, tenantId, payments } = await openPaying();
    expect((await deliver(app, captured(tenantId), { deliveryId: 'whd_1' })).status).toBe(200);
    expect((await deliver(app, captured(tenantId, { paymentId: 'pay_2' }), { deliveryId: 'whd_1' })).status).toBe(409);
    expect(await payments()).toHaveLength(1);
    expect(await sql`select standing from webhook_payload order by standing`).toEqual([
      { standing: 'conflict' }, { standing: 'first' },
    ]);
  });

  test('is answered with 503 and recorded nowhere while the document store is away', async () => {
    const { sql, tenantId, payments } = await openPaying();
    const documents = { ...documentsInPostgres(sql), storeWebhook: () => Promise.reject(new Unavailable('away')) };
    const app = createApp(appDeps(sql, { documents }));
    expect((await deliver(app, captured(tenantId))).status).toBe(503);
    expect((await deliver(app, captured(tenantId), { signature: '' })).status).toBe(401);
    expect(await payments()).toEqual([]);
  });

  test('that was stored before a crash, and not recorded, is recorded when it is sent again', async () => {
    const { sql, app, tenantId } = await openPaying();
    const body = JSON.stringify(captured(tenantId));
    await documentsInPostgres(sql).storeWebhook({
      provider: 'sandpay', deliveryId: 'whd_1', rawBody: Buffer.from(body), headers: {},
      verdict: 'valid', receivedAt: new Date(),
    });
    const answers = [
      await deliver(app, body, { deliveryId: 'whd_1' }), await deliver(app, body, { deliveryId: 'whd_1' }),
    ];
    expect(await Promise.all(answers.map(json))).toEqual([{ status: 'recorded' }, { status: 'known' }]);
    expect(await moneyEvents(sql)).toEqual(['PaymentCaptured']);
  });

  test('of a type that is nothing of ours is stored and ignored', async () => {
    const { sql, app } = await openPaying();
    const answer = await deliver(app, { type: 'customer.created', data: {} });
    expect([answer.status, await json(answer)]).toEqual([200, { status: 'ignored' }]);
    expect(await sql`select standing from webhook_payload`).toEqual([{ standing: 'first' }]);
    expect(await moneyEvents(sql)).toEqual([]);
  });

  test('of a provider that is none is answered with 404', async () => {
    const { app } = await openPaying();
    expect((await app.request('/webhooks/payments/nobody', { method: 'POST' })).status).toBe(404);
  });
});

test('whoever asks whether it is us gets the challenge for its token only', async () => {
  const app = createApp(appDeps(untouchable));
  const token = (text: string) =>
    createHmac('sha256', appConfig.PAYMENTS_WEBHOOK_SECRETS[0] ?? '').update(`challenge.${text}`).digest('hex');
  const ask = (query: object) => app.request(`${WEBHOOK}?${new URLSearchParams({ ...query })}`);
  const answer = await ask({ challenge: 'abc-1', token: token('abc-1') });
  expect([answer.status, await answer.text()]).toEqual([200, 'abc-1']);
  expect(answer.headers.get('Content-Type')).toMatch(/^text\/plain/);
  const wrong = [
    {}, { challenge: 'abc' }, { challenge: 'abc', token: token('other') }, { challenge: 'abc', token: 'x' },
    { token: token('') },
    { challenge: '<script>', token: token('<script>') },
  ];
  for (const query of wrong) expect([query, (await ask(query)).status]).toEqual([query, 403]);
});
