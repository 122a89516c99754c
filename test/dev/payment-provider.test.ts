import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startPaymentProvider } from '../../dev/sandbox/payment-provider.ts';
import { createApp } from '../../src/api/app.ts';
import { startServer } from '../../src/api/http/server.ts';
import { appDeps, verifiedTenant } from '../support/app.ts';
import { createDatabase } from '../support/database.ts';
import { moneyEvents, WEBHOOK } from '../support/money.ts';
import { webSecrets } from '../support/tokens.ts';
import { until } from '../support/until.ts';

const secret = webSecrets.PAYMENTS_WEBHOOK_SECRETS;

/** The provider reports to a web server of ours, over the network. */
async function open() {
  const { sql } = await createDatabase();
  const app = createApp(appDeps(sql));
  const { tenantId } = await verifiedTenant(app);
  const server = await startServer(app, 0);
  const folder = mkdtempSync(join(tmpdir(), 'columna-sandpay-'));
  const logFile = join(folder, 'sandpay.jsonl');
  const webhookUrl = `http://127.0.0.1:${server.port}${WEBHOOK}`;
  const provider = await startPaymentProvider({ webhookUrl, secret, logFile, firstPauseMs: 10 });
  onTestFinished(async () => {
    await provider.stop();
    await server.close(0);
    rmSync(folder, { recursive: true });
  });
  const log = () => {
    const lines = readFileSync(logFile, 'utf8').split('\n').slice(0, -1); // whole ones
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  };
  return { sql, provider, payment: { tenantId, amountMinor: 49_900, currency: 'MXN' }, log };
}

test('what the sandbox provider reports is recorded, and sending it once more changes nothing', async () => {
  const { sql, provider, payment, log } = await open();
  const { paymentId } = await provider.fail({ ...payment, reason: 'no funds' });
  const captured = await provider.capture({ ...payment, paymentId, instrument: 'card-1' });
  expect(captured).toMatchObject({ paymentId, status: 200, attempts: 1 });
  expect(await provider.refund({ ...payment, paymentId, amountMinor: 100 })).toMatchObject({ status: 200 });
  expect(await provider.redeliver(captured.deliveryId)).toEqual(captured);
  expect(await moneyEvents(sql)).toEqual(['PaymentFailed', 'PaymentCaptured', 'PaymentRefunded']);
  const ofCapture = log().filter(({ deliveryId }) => deliveryId === captured.deliveryId);
  expect(ofCapture.map(({ attempts, status }) => [attempts, status])).toEqual([
    [1, undefined], [1, 200], [1, undefined], [1, 200],
  ]);
});

test('a report that is not accepted is sent again until it is', async () => {
  const { sql, provider, payment, log } = await open();
  const refunding = provider.refund({ ...payment, paymentId: 'pay_1' });
  await until('the refund was turned away', () => log().some(({ status }) => status === 503));
  await provider.capture({ ...payment, paymentId: 'pay_1' });
  const refunded = await refunding;
  expect(refunded.status).toBe(200);
  expect(refunded.attempts).toBeGreaterThan(1);
  expect(await moneyEvents(sql)).toEqual(['PaymentCaptured', 'PaymentRefunded']);
});

test('the provider that is stopped gives up, and says what the last answer was', async () => {
  const { provider, payment, log } = await open();
  const refunding = provider.refund({ ...payment, paymentId: 'pay_1' });
  await until('the refund was turned away', () => log().some(({ status }) => status === 503));
  await provider.stop();
  expect([0, 503]).toContain((await refunding).status);
});
