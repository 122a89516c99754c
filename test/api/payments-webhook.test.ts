import { createHmac, randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createApp } from '../../src/api/app.ts';
import { paymentReport, recordReport } from '../../src/api/payment-report.ts';
import { Outage } from '../../src/kernel/errors.ts';
import { keyedHash } from '../../src/platform/keyed-hash.ts';
import { transaction } from '../../src/platform/transaction.ts';
import { documentsInPostgres } from '../../src/store/documents-postgres.ts';
import { appConfig, appDeps, json, untouchable, verifiedTenant } from '../support/app.ts';
import { createDatabase } from '../support/database.ts';
import {
  captured, deliver, failed, lockWaits, moneyEvents, refunded, signed, unixSeconds, WEBHOOK, type Odd,
} from '../support/money.ts';
import { until } from '../support/until.ts';

const NEW_SECRET = 'another-webhook-secret-of-tests-that-replaces-it';

async function open() {
  const { sql } = await createDatabase();
  const app = createApp(appDeps(sql));
  const { tenantId, owner } = await verifiedTenant(app);
  const payments = () => sql<{ status: string; minor: string }[]>`
    select status, amount_minor as minor from payment order by id
  `;
  return { sql, app, tenantId, owner, payments };
}

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
  const { sql, app, tenantId, payments } = await open();
  for (const [what, odd] of refusedAs) {
    const answer = await deliver(app, captured(tenantId), odd);
    expect([what, answer.status]).toEqual([what, 401]);
    expect(await json(answer)).toMatchObject({ status: 401, title: 'Unauthorized' });
  }
  expect(await payments()).toEqual([]);
  expect(await moneyEvents(sql)).toEqual([]);
  const kept = await sql`select distinct standing, verdict = 'valid' as valid from webhook_payload`;
  expect(kept).toEqual([{ standing: 'refused', valid: false }]);
});

test('what anybody can send fills the store with 60 records an hour at most, each of 4 KB', async () => {
  const { sql, app } = await open();
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
  ['no data', 422, '{"type":"payment.captured"}'],
  ['an amount beyond 2^53', 422, '{"type":"payment.captured","data":{"amountMinor":9007199254740993}}'],
  ['another Content-Type', 415, '{}', { contentType: 'text/plain' }],
  ['more than 1 MB', 413, `"${'x'.repeat(1_024 * 1_024)}"`],
])('a signed delivery of %s is answered with %i', async ([, status, body, odd = {}]) => {
  const { documents, ...deps } = appDeps(untouchable);
  const stored = { ...documents, storeWebhook: () => Promise.resolve('stored' as const) };
  const answer = await deliver(createApp({ ...deps, documents: stored }), body, odd);
  expect([answer.status, answer.headers.get('Content-Type')]).toEqual([status, 'application/problem+json']);
});

test('a report whose facts can’t be is answered with 422 and makes no row', async () => {
  const { app, tenantId, payments } = await open();
  const wrong: readonly object[] = [
    { amountMinor: 0 }, { amountMinor: -1 }, { amountMinor: 1.5 }, { amountMinor: '1' },
    { amountMinor: 1_000_000_000_001 },
    { currency: 'DEM' }, { currency: 'mxn' }, { tenantId: randomUUID() }, { tenantId: { $ne: null } },
    { subscriptionId: randomUUID() },
    { paymentId: '' }, { paymentId: 'x'.repeat(201) }, { paymentId: 'a\u0000b' }, { instrument: 'a\nb' },
    { occurredAt: 'infinity' }, { occurredAt: '2026-02-30T00:00:00Z' }, { occurredAt: '2026-02-28T00:00:00' },
    { occurredAt: new Date(Date.now() + 3_600_000).toISOString() }, { occurredAt: '2036-02-28T00:00:00Z' },
  ];
  for (const data of wrong) {
    expect([data, (await deliver(app, captured(tenantId, data))).status]).toEqual([data, 422]);
  }
  expect((await deliver(app, failed(tenantId, { reason: undefined }))).status).toBe(422);
  expect((await deliver(app, refunded(tenantId, { refundId: undefined }))).status).toBe(422);
  expect(await payments()).toEqual([]);
});

test('a captured payment is a row and an event, and its instrument is kept as a hash only', async () => {
  const { sql, app, tenantId } = await open();
  const occurredAt = '2026-03-01T05:59:59.000Z';
  const answer = await deliver(app, captured(tenantId, { instrument: 'card-4242', occurredAt, ofLaterVersions: true }));
  expect([answer.status, await json(answer)]).toEqual([200, { status: 'recorded' }]);
  const hash = keyedHash(appConfig.HASH_KEY, 'payment-instrument', 'sandpay\ncard-4242');
  expect(await sql`select status, amount_minor, currency, instrument_hash, captured_at from payment`).toEqual([
    { status: 'captured', amount_minor: '49900', currency: 'MXN', instrument_hash: hash,
    captured_at: new Date(occurredAt) },
  ]);
  const [event] = await sql`
    select payload_json, occurred_at, tenant_id from outbox_event where event_type = 'PaymentCaptured'
  `;
  expect(event).toMatchObject({
    tenant_id: tenantId, occurred_at: new Date(occurredAt),
    payload_json: { instrumentHash: hash, tenantName: 'Taller Ruiz' },
  });
  expect(JSON.stringify(event)).not.toContain('4242');
});

describe('a delivery', () => {
  test('signed with the old and the new secret is accepted, and so is one with either of the two', async () => {
    const { sql, tenantId } = await open();
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
    const { app, tenantId } = await open();
    for (const offset of [-299, 299]) {
      expect((await deliver(app, captured(tenantId), { timestamp: unixSeconds(offset) })).status).toBe(200);
    }
  });

  test('sent 20 times at once is stored once and makes one payment with one event', async () => {
    const { sql, app, tenantId, payments } = await open();
    const send = () => deliver(app, captured(tenantId), { deliveryId: 'whd_1' });
    const answers = await Promise.all(Array.from({ length: 20 }, send));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(await payments()).toHaveLength(1);
    expect(await moneyEvents(sql)).toEqual(['PaymentCaptured']);
    expect(await sql`select standing from webhook_payload`).toEqual([{ standing: 'first' }]);
  });

  test('of a known id with another body is answered with 409; the first stays and both are on record', async () => {
    const { sql, app, tenantId, payments } = await open();
    expect((await deliver(app, captured(tenantId), { deliveryId: 'whd_1' })).status).toBe(200);
    expect((await deliver(app, captured(tenantId, { paymentId: 'pay_2' }), { deliveryId: 'whd_1' })).status).toBe(409);
    expect(await payments()).toHaveLength(1);
    expect(await sql`select standing from webhook_payload order by standing`).toEqual([
      { standing: 'conflict' }, { standing: 'first' },
    ]);
  });

  test('is answered with 503 and recorded nowhere while the document store is away', async () => {
    const { sql, tenantId, payments } = await open();
    const documents = { ...documentsInPostgres(sql), storeWebhook: () => Promise.reject(new Outage('away')) };
    const app = createApp(appDeps(sql, { documents }));
    expect((await deliver(app, captured(tenantId))).status).toBe(503);
    expect((await deliver(app, captured(tenantId), { signature: '' })).status).toBe(401);
    expect(await payments()).toEqual([]);
  });

  test('that was stored before a crash, and not recorded, is recorded when it is sent again', async () => {
    const { sql, app, tenantId } = await open();
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
    const { sql, app } = await open();
    const answer = await deliver(app, { type: 'customer.created', data: {} });
    expect([answer.status, await json(answer)]).toEqual([200, { status: 'ignored' }]);
    expect(await sql`select standing from webhook_payload`).toEqual([{ standing: 'first' }]);
    expect(await moneyEvents(sql)).toEqual([]);
  });

  test('of a provider that is none is answered with 404', async () => {
    const { app } = await open();
    expect((await app.request('/webhooks/payments/nobody', { method: 'POST' })).status).toBe(404);
  });
});

describe('a fact', () => {
  test('that comes in deliveries of different ids is recorded once', async () => {
    const { sql, app, tenantId } = await open();
    const statuses = [];
    for (const report of [failed, failed, captured, captured, failed, refunded, refunded]) {
      statuses.push((await json(await deliver(app, report(tenantId))))['status']);
    }
    expect(statuses).toEqual(['recorded', 'known', 'recorded', 'known', 'known', 'recorded', 'known']);
    expect(await moneyEvents(sql)).toEqual(['PaymentFailed', 'PaymentCaptured', 'PaymentRefunded']);
    expect(await sql`select status, failure_reason from payment`).toEqual([
      { status: 'captured', failure_reason: null },
    ]);
    expect(await sql`select amount_minor from refund`).toEqual([{ amount_minor: '49900' }]);
  });

  test('that two deliveries tell at the same time is recorded once, and both are answered with 200', async () => {
    const { sql, app, tenantId, payments } = await open();
    const report = paymentReport.parse(captured(tenantId));
    const second = await transaction(sql, async (tx) => {
      await recordReport(tx, { provider: 'sandpay', report, receivedAt: new Date(), hashKey: appConfig.HASH_KEY });
      const delivering = deliver(app, captured(tenantId));
      await until('the second waits for the first', async () => (await lockWaits(sql)) > 0);
      return { delivering };
    });
    const answer = await second.delivering;
    expect([answer.status, await json(answer)]).toEqual([200, { status: 'known' }]);
    expect(await payments()).toHaveLength(1);
  });

  test('that contradicts an earlier one is answered with 409', async () => {
    const { sql, app, tenantId } = await open();
    const other = await verifiedTenant(app);
    await deliver(app, captured(tenantId));
    expect((await deliver(app, captured(tenantId, { amountMinor: 1 }))).status).toBe(409);
    expect((await deliver(app, captured(other.tenantId))).status).toBe(409);
    expect((await deliver(app, refunded(tenantId, { amountMinor: 49_901 }))).status).toBe(409);
    expect((await deliver(app, refunded(other.tenantId))).status).toBe(422);
    expect(await moneyEvents(sql)).toEqual(['PaymentCaptured']);
  });

  test('a refund before its capture is to be sent again, and is recorded once the capture has come', async () => {
    const { sql, app, tenantId } = await open();
    const early = await deliver(app, refunded(tenantId), { deliveryId: 'whd_refund' });
    expect([early.status, early.headers.has('Retry-After')]).toEqual([503, true]);
    await deliver(app, failed(tenantId));
    expect((await deliver(app, refunded(tenantId), { deliveryId: 'whd_refund' })).status).toBe(503);
    await deliver(app, captured(tenantId));
    expect((await deliver(app, refunded(tenantId), { deliveryId: 'whd_refund' })).status).toBe(200);
    expect(await moneyEvents(sql)).toEqual(['PaymentFailed', 'PaymentCaptured', 'PaymentRefunded']);
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
