import { describe, expect, test } from 'vitest';
import { recordReport } from '../../../src/api/webhooks/payment-report.ts';
import { paymentReport } from '../../../src/api/webhooks/read-payment-report.ts';
import { keyedHash } from '../../../src/platform/keyed-hash.ts';
import { transaction } from '../../../src/platform/transaction.ts';
import { appConfig, json } from '../../support/app.ts';
import { captured, deliver, failed, lockWaits, moneyEvents, openPaying, refunded } from '../../support/money.ts';
import { until } from '../../support/until.ts';

test('a captured payment is a row and an event, and its instrument is kept as a hash only', async () => {
  const { sql, app, tenantId } = await openPaying();
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

describe('a fact', () => {
  test('that comes in deliveries of different ids is recorded once', async () => {
    const { sql, app, tenantId } = await openPaying();
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
    const { sql, app, tenantId, payments } = await openPaying();
    const report = paymentReport.parse(captured(tenantId));
    const second = await transaction(sql, async (tx) => {
      await recordReport(tx, {
        provider: 'sandpay',
        deliveryId: 'x',
        report,
        receivedAt: new Date(),
        hashKey: appConfig.HASH_KEY,
      });
      const delivering = deliver(app, captured(tenantId));
      await until('the second waits for the first', async () => (await lockWaits(sql)) > 0);
      return { delivering };
    });
    const answer = await second.delivering;
    expect([answer.status, await json(answer)]).toEqual([200, { status: 'known' }]);
    expect(await payments()).toHaveLength(1);
  });
});
