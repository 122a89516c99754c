import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { append } from '../../outbox/append.ts';
import { transaction } from '../../platform/transaction.ts';
import type { WebhookDelivery } from '../../documents/document-store.ts';
import { answerOf, problemsOf } from '../http/answers.ts';
import type { Api, ApiDeps, Env } from '../http/context.ts';
import { correlationOfWebhook } from './correlation-of-webhook.ts';
import { recordReport, recordUnreadable, type Recorded } from './payment-report.ts';
import { notFound, Problem, unavailable } from '../http/problem.ts';
import { parseForeign, readJsonBytes } from '../http/read-json.ts';
import { paymentReport, readPaymentReport, type PaymentReport, type UnreadableReport } from './read-payment-report.ts';
import { requestLog } from '../http/request-log.ts';
import { isChallengeToken, judge } from './webhook-signature.ts';

const PATH = '/webhooks/payments/:provider';
/** Payment providers whose webhooks we take. */
export const paymentProviders = ['sandpay'] as const; // names in tables: never rename
const MAX_BYTES = 1_024 * 1_024;
const TIMEOUT_MS = 10_000;

/** Anybody can send what we refuse: a process keeps this many an hour, and so much of each. */
const REFUSED_AN_HOUR = 60;
const REFUSED_BYTES = 4 * 1_024;
const HOUR_MS = 3_600_000;
/** The audit's: what a delivery said of itself, and no credential. */
const KEPT_HEADERS = ['content-type', 'user-agent', 'webhook-id', 'webhook-signature', 'webhook-timestamp'];

type Deps = Pick<ApiDeps, 'sql' | 'wake' | 'documents' | 'config'>;

/** Where payment providers report, and where they ask whether it is us. Their signature is their sign-in. */
export function paymentWebhookRoutes(api: Api, deps: Deps): void {
  describe(api);
  const mayKeep = atMostAnHour(REFUSED_AN_HOUR);

  api.get(PATH, (c) => {
    providerOf(c);
    const [challenge = '', token = ''] = [c.req.query('challenge'), c.req.query('token')];
    const isKnown = isChallengeToken(challenge, token, deps.config.PAYMENTS_WEBHOOK_SECRETS);
    if (!isKnown || !/^[\w-]{1,200}$/.test(challenge))
      throw new Problem(403, 'The token is not the HMAC of the challenge.');
    return c.text(challenge);
  });

  api.post(PATH, async (c) => {
    const provider = providerOf(c);
    const receivedAt = new Date();
    const delivery = await readDelivery(c, { provider, receivedAt, secrets: deps.config.PAYMENTS_WEBHOOK_SECRETS });
    if (delivery.verdict !== 'valid') {
      if (mayKeep(receivedAt)) await keepRefused(c, delivery, deps);
      throw new Problem(401, `The delivery is refused: ${delivery.verdict}.`, { code: 'invalid-signature' });
    }
    const outcome = await deps.documents.storeWebhook(delivery);
    if (outcome === 'conflict')
      throw new Problem(409, 'This Webhook-Id came with another body before.', { code: 'already-exists' });
    const report = readPaymentReport(parseForeign(delivery.rawBody));
    if (report === undefined) return c.json({ status: 'ignored' });
    // A replay as well: the first delivery may have been stored and never recorded.
    const status = await record(c, deps, { ...delivery, report });
    if (status === 'early') throw unavailable('The payment’s capture has not come yet. Send the refund again.');
    return c.json({ status });
  });
}

function providerOf(c: Context<Env>): string {
  const provider = paymentProviders.find((known) => known === c.req.param('provider'));
  if (provider === undefined) throw notFound();
  return provider;
}

interface Receiving extends Pick<WebhookDelivery, 'provider' | 'receivedAt'> {
  readonly secrets: readonly string[];
}

/** Reads a delivery as it was sent, and judges it before anything looks into it. */
async function readDelivery(c: Context<Env>, { provider, receivedAt, secrets }: Receiving): Promise<WebhookDelivery> {
  const rawBody = await readJsonBytes(c, MAX_BYTES);
  const deliveryId = c.req.header('Webhook-Id');
  const signed = {
    deliveryId, rawBody, timestamp: c.req.header('Webhook-Timestamp'), signature: c.req.header('Webhook-Signature'),
  };
  const verdict = judge(signed, secrets, receivedAt);
  const headers = Object.entries(c.req.header()).filter(([name]) => KEPT_HEADERS.includes(name));
  return { provider, deliveryId: deliveryId ?? '', rawBody, verdict, receivedAt, headers: Object.fromEntries(headers) };
}

/** Puts a refused delivery on record, cut to what a record needs; it stays refused when the store is away. */
async function keepRefused(c: Context<Env>, delivery: WebhookDelivery, { documents }: Deps): Promise<void> {
  const printable = (text: string) => text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 256);
  const headers = Object.entries(delivery.headers).map(([name, value]) => [name, printable(value)]);
  const cut: WebhookDelivery = {
    ...delivery,
    deliveryId: printable(delivery.deliveryId),
    headers: Object.fromEntries(headers),
    rawBody: delivery.rawBody.slice(0, REFUSED_BYTES),
  };
  await documents.storeWebhook(cut).catch((error: unknown) => {
    requestLog(c).warn({ error }, 'a refused webhook is not on record');
  });
}

/** Records a report with its events in one transaction. */
async function record(
  c: Context<Env>,
  { sql, wake, config }: Deps,
  {
    report,
    ...delivery
  }: Pick<WebhookDelivery, 'provider' | 'deliveryId' | 'receivedAt'> & {
    readonly report: PaymentReport | UnreadableReport;
  },
): Promise<Recorded['status']> {
  const origin = { correlationId: correlationOfWebhook(delivery), traceparent: c.get('trace').traceparent };
  const status = await transaction(
    sql,
    async (tx) => {
      if (!('type' in report)) {
        await recordUnreadable(tx, delivery, report);
        return 'mismatch';
      }
      const recorded = await recordReport(tx, { ...delivery, report, hashKey: config.HASH_KEY });
      await append(tx, ...recorded.events.map((event) => ({ event, origin })));
      return recorded.status;
    },
    { timeoutMs: TIMEOUT_MS },
  );
  if (status === 'recorded') wake();
  return status;
}

/** Says yes `count` times an hour. */
function atMostAnHour(count: number): (at: Date) => boolean {
  let [begun, left] = [0, 0];
  return (at) => {
    if (at.getTime() - begun >= HOUR_MS) [begun, left] = [at.getTime(), count];
    left -= 1;
    return left >= 0;
  };
}

const PROTOCOL = `Signed by \`Webhook-Signature: v1=<hex>[,v1=<hex>]\`, the HMAC-SHA256 of
\`<Webhook-Id>.<Webhook-Timestamp>.<the body's bytes>\`; the timestamp is in Unix seconds and may be off by 300.
Whatever is not answered with 2xx has to be sent again under the same Webhook-Id, with a new timestamp and signature.
Other fields and types are ignored. What contradicts an earlier report is answered 200 and becomes a payment mismatch.
So does a report that cannot be read: without an amount or a payment's id, for example.`;

/** The reference's page of it; the route itself reads bytes, which no schema can. */
function describe(api: Api): void {
  const params = z.object({ provider: z.enum(paymentProviders) });
  const shared = { path: '/webhooks/payments/{provider}', tags: ['webhooks'], security: [] };
  api.openAPIRegistry.registerPath({
    ...shared,
    method: 'post',
    operationId: 'receivePaymentWebhook',
    summary: 'Receive a payment webhook',
    description: PROTOCOL,
    request: { params, body: { required: true, content: { 'application/json': { schema: paymentReport } } } },
    responses: {
      200: answerOf(
        200,
        z.object({ status: z.enum(['recorded', 'known', 'ignored', 'mismatch']) }).openapi('WebhookReceipt'),
      ),
      ...problemsOf([400, 401, 404, 409, 413, 415, 422, 429, 503]),
    },
  });
  api.openAPIRegistry.registerPath({
    ...shared,
    method: 'get',
    operationId: 'verifyPaymentWebhook',
    summary: 'Verify the payment webhook’s address',
    description: 'The token is the hex HMAC-SHA256 of `challenge.<challenge>`; the answer is the challenge.',
    request: { params, query: z.object({ challenge: z.string(), token: z.string() }) },
    responses: { 200: answerOf(200, z.string(), { type: 'text/plain' }), ...problemsOf([403, 404, 429, 503]) },
  });
}
