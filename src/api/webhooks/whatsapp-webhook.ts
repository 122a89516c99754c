import { createHash, createHmac } from 'node:crypto';
import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { notificationFailed } from '../../events/notification-failed.ts';
import { append } from '../../outbox/append.ts';
import { isSame } from '../../platform/is-same.ts';
import { recordIn } from '../../platform/telemetry.ts';
import { transaction } from '../../platform/transaction.ts';
import { applyReceipts, type Receipt } from '../../notifications/send/receipts.ts';
import { answerOf, problemsOf } from '../http/answers.ts';
import type { Api, ApiDeps, Env } from '../http/context.ts';
import { correlationOfWebhook } from './correlation-of-webhook.ts';
import { uuid } from '../http/fields.ts';
import { notFound, Problem } from '../http/problem.ts';
import { believe, readProviderInstant } from './provider-instant.ts';
import { parseForeign, readJsonBytes } from '../http/read-json.ts';

/** The provider of these webhooks. It lives in tables: never rename it. */
export const whatsApp = 'whatsapp';

const PATH = '/webhooks/whatsapp';
const MAX_BYTES = 3 * 1_024 * 1_024; // as much as the Cloud API sends at once
const TIMEOUT_MS = 10_000;
const KEPT_HEADERS = ['content-type', 'user-agent', 'x-hub-signature-256'];

/** Where WhatsApp reports what became of messages, and asks whether it is us. Its signature is its sign-in. */
export function whatsAppWebhookRoutes(api: Api, { sql, documents, config }: ApiDeps): void {
  describe(api);

  api.get(PATH, (c) => {
    const { WHATSAPP_VERIFY_TOKEN: expected } = config;
    if (expected === undefined) throw notFound();
    const isAsked = c.req.query('hub.mode') === 'subscribe' && isSame(c.req.query('hub.verify_token') ?? '', expected);
    const challenge = c.req.query('hub.challenge') ?? '';
    if (!isAsked || !/^[\w-]{1,200}$/.test(challenge))
      throw new Problem(403, 'The value of hub.verify_token is not the one that is configured here.');
    return c.text(challenge);
  });

  api.post(PATH, async (c) => {
    const { WHATSAPP_APP_SECRET: secret } = config;
    if (secret === undefined) throw notFound();
    const rawBody = await readJsonBytes(c, MAX_BYTES);
    const signature = `sha256=${createHmac('sha256', secret).update(rawBody).digest('hex')}`;
    if (!isSame(c.req.header('X-Hub-Signature-256') ?? '', signature)) {
      throw new Problem(401, 'The delivery is refused: no valid X-Hub-Signature-256.', { code: 'invalid-signature' });
    }
    const id = {
      provider: whatsApp,
      deliveryId: createHash('sha256').update(rawBody).digest('hex'), // it has none of its own
    };
    const correlationId = correlationOfWebhook(id);
    const receivedAt = new Date();
    await documents.storeWebhook({
      ...id, rawBody, verdict: 'valid', receivedAt, headers: keptHeaders(c),
    });
    const receipts = receiptsOf(parseForeign(rawBody), receivedAt);
    await transaction(sql, async (tx) => {
      const applied = await applyReceipts(tx, whatsApp, receipts);
      await append(tx, ...applied.flatMap((receipt) => {
        const traceparent = recordIn(receipt.traceparent, 'receive whatsapp', { 'columna.receipt.status': receipt.status });
        if (!receipt.hasFailed) return [];
        const facts = { tenantId: receipt.tenantId ?? undefined, occurredAt: new Date() };
        const event = notificationFailed({ ...facts, payload: { notificationId: receipt.notificationId } });
        return [{ event, origin: { correlationId, traceparent: traceparent ?? c.get('trace').traceparent } }];
      }));
    }, { timeoutMs: TIMEOUT_MS });
    return c.json({ statuses: receipts.length });
  });
}

const keptHeaders = (c: Context<Env>) =>
  Object.fromEntries(Object.entries(c.req.header()).filter(([name]) => KEPT_HEADERS.includes(name)));

const status = z.object({
  id: z.string().regex(/^[\x21-\x7e]{1,256}$/),
  status: z.enum(['sent', 'delivered', 'read', 'failed']),
  /** Unix seconds, as text. */
  timestamp: z.unknown().optional().transform(readProviderInstant),
  biz_opaque_callback_data: uuid,
  errors: z.array(z.unknown()).catch([]),
});
const failure = z.object({ code: z.union([z.int(), z.string().regex(/^\d{1,9}$/)]) });
/** A list whose odd members are left out, so that they cost the others nothing. */
const tolerantList = <Item extends z.ZodType>(item: Item) =>
  z.array(item.nullable().catch(null)).catch([]).transform((items) => items.filter((one) => one !== null));
const change = z.object({ value: z.object({ statuses: z.array(z.unknown()).catch([]) }) });
const report = z.object({ entry: tolerantList(z.object({ changes: tolerantList(change) })) });

/** The statuses of messages that were ours; the rest is other apps', or news we do not follow. */
function receiptsOf(body: unknown, receivedAt: Date): readonly Receipt[] {
  const { entry } = report.safeParse(body).data ?? { entry: [] };
  const statuses = entry.flatMap(({ changes }) => changes.flatMap(({ value }) => value.statuses));
  return statuses.flatMap((given) => {
    const { data } = status.safeParse(given);
    if (data === undefined) return [];
    const code = data.errors.map((error) => failure.safeParse(error).data?.code).find((known) => known !== undefined);
    return [{
      notificationId: data.biz_opaque_callback_data,
      status: data.status,
      providerId: data.id,
      occurredAt: believe(data.timestamp, receivedAt) ?? receivedAt,
      detail: data.status === 'failed' ? `whatsapp ${code ?? 'without a code'}` : undefined,
    }];
  });
}

/** The reference's page of it; the route itself reads bytes, which no schema can. */
function describe(api: Api): void {
  const shared = { path: PATH, tags: ['webhooks'], security: [] };
  api.openAPIRegistry.registerPath({
    ...shared,
    method: 'post',
    operationId: 'receiveWhatsAppWebhook',
    summary: 'Receive a WhatsApp webhook',
    description: 'Signed by `X-Hub-Signature-256: sha256=<hex>`, the HMAC-SHA256 of the body’s bytes.',
    request: {
      body: {
        required: true,
        content: { 'application/json': { schema: z.looseObject({ entry: z.array(z.looseObject({})) }) } },
      },
    },
    responses: {
      200: answerOf(200, z.object({ statuses: z.int() }).openapi('ReceiptCount')),
      ...problemsOf([400, 401, 404, 413, 415, 422, 429, 503]),
    },
  });
  api.openAPIRegistry.registerPath({
    ...shared,
    method: 'get',
    operationId: 'verifyWhatsAppWebhook',
    summary: 'Verify the WhatsApp webhook’s address',
    description: 'With `hub.mode=subscribe` and our `hub.verify_token` the answer is `hub.challenge`.',
    responses: { 200: answerOf(200, z.string(), { type: 'text/plain' }), ...problemsOf([403, 404, 429, 503]) },
  });
}
